// s3/: a store in a bucket of S3 or of a compatible server. Start here.

import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { checkKey, checkPrefix, checkRange, isKey } from '../key-syntax';
import { bytesOf, inPieces } from '../pieces';
import {
  KeyExistsError,
  KeyNotFoundError,
  type Store,
  type StoreEntry,
  type StoreError,
  StoreLocationError,
  type StoreSource,
} from '../store';
import { S3Body } from './s3-body';
import { isMissing, isRefused, s3Error, statusOf } from './s3-errors';
import { loadS3Sdk, type S3Sdk } from './s3-sdk';

/** Bytes per part. S3 requires at least 5 MiB and allows 10,000 parts, so a value has at most 78 GiB. */
const PART = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 3;
const TRIES = 5;

/** The options of `S3Store`. */
export interface S3StoreOptions {
  /**
   * A ready `S3Client` of `@aws-sdk/client-s3`. Default: a client with the SDK's own region and credentials.
   */
  client?: { send(...args: never[]): unknown };
  /** The URL of an S3 server other than AWS, addressed path-style. Only without `client`. */
  endpoint?: string;
}

/**
 * A store in an S3 bucket, below a prefix. Requires `@aws-sdk/client-s3` and `@aws-sdk/lib-storage`, which
 * are loaded on first use, and a server that honors `If-None-Match: *` on `PutObject` and
 * `CompleteMultipartUpload`.
 */
export class S3Store implements Store {
  readonly location: string;
  readonly #bucket: string;
  /** Empty, or ends in a slash. */
  readonly #base: string;
  #connected: Promise<{ sdk: S3Sdk; client: S3Client }> | undefined;

  readonly #options: S3StoreOptions;

  /**
   * @param location `s3://bucket` or `s3://bucket/prefix`
   * @throws {StoreLocationError} if the location is malformed
   */
  constructor(location: string, options: S3StoreOptions = {}) {
    this.#options = options;

    const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/i.exec(location) ?? [];
    const base = prefix.replace(/\/+$/, '');
    if (bucket === undefined || (base !== '' && !isKey(base))) {
      throw new StoreLocationError(
        `${JSON.stringify(location)} is not an S3 location: write "s3://bucket" or ` +
          '"s3://bucket/prefix", where no part of ' +
          'the prefix is empty or begins with a dot.',
      );
    }
    this.location = location;
    this.#bucket = bucket;
    this.#base = base === '' ? '' : `${base}/`;
  }

  /**
   * See `Store`. With `ifAbsent`, an error other than `KeyExistsError` may hide a successful write. The SDK
   * resends a request whose answer was lost, and may then report a key of our own as existing: see
   * `createOnce`.
   */
  async put(key: string, source: StoreSource, { ifAbsent = false } = {}): Promise<void> {
    checkKey(this, key);
    const bytes = bytesOf(source);
    for (let tries = 1; ; tries++) {
      try {
        if (bytes !== undefined) await this.#putBytes(key, bytes, ifAbsent);
        else await this.#putStream(key, source as AsyncIterable<Uint8Array>, ifAbsent);
        return;
      } catch (error) {
        if (error instanceof SourceError) throw error.cause;
        if (!ifAbsent || !isRefused(error)) throw this.#failed(key, 'write', error);
        if (await this.#isTaken(key, error)) throw new KeyExistsError(this, key);
        if (bytes === undefined || tries === TRIES) throw this.#failed(key, 'write', error);
      }
    }
  }

  /** A 409 only says that another write of the key was in progress, not how it ended. */
  async #isTaken(key: string, error: unknown): Promise<boolean> {
    return statusOf(error) === 412 || (await this.head(key)) !== undefined;
  }

  async open(key: string, range?: { start: number; end?: number }): Promise<AsyncIterable<Uint8Array>> {
    checkKey(this, key);
    checkRange(this, key, range);
    const failed = (error: unknown) =>
      isMissing(error) ? new KeyNotFoundError(this, key) : this.#failed(key, 'read', error);
    // HTTP has no empty range.
    if (range !== undefined && range.end !== undefined && range.end <= range.start) {
      if ((await this.head(key)) === undefined) throw new KeyNotFoundError(this, key);
      return nothing();
    }
    try {
      const { sdk, client } = await this.#connect();
      const last = range?.end === undefined || range.end === Number.POSITIVE_INFINITY ? '' : range.end - 1;
      const { Body } = await client.send(
        new sdk.GetObjectCommand({
          ...this.#object(key),
          ...(range && { Range: `bytes=${range.start}-${last}` }),
        }),
      );
      return new S3Body(Body as Readable, failed);
    } catch (error) {
      // The range begins at or after the end.
      if (statusOf(error) === 416) return nothing();
      throw failed(error);
    }
  }

  async head(key: string): Promise<StoreEntry | undefined> {
    checkKey(this, key);
    try {
      const { sdk, client } = await this.#connect();
      const found = await client.send(new sdk.HeadObjectCommand(this.#object(key)));
      return { key, size: found.ContentLength ?? 0, modified: found.LastModified ?? new Date(0) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.#failed(key, 'read', error);
    }
  }

  async *list(prefix: string): AsyncGenerator<StoreEntry> {
    for await (const { Contents = [] } of this.#pages(prefix)) {
      for (const { Key = '', Size = 0, LastModified = new Date(0) } of Contents) {
        const key = Key.slice(this.#base.length);
        // Other tools leave keys such as "folder/".
        if (isKey(key)) yield { key, size: Size, modified: LastModified };
      }
    }
  }

  async *folders(prefix: string): AsyncGenerator<string> {
    for await (const { CommonPrefixes = [] } of this.#pages(prefix, '/')) {
      for (const { Prefix = '' } of CommonPrefixes) {
        const name = Prefix.slice(this.#base.length + prefix.length, -1);
        if (isKey(name)) yield name;
      }
    }
  }

  async delete(key: string): Promise<void> {
    checkKey(this, key);
    try {
      const { sdk, client } = await this.#connect();
      await client.send(new sdk.DeleteObjectCommand(this.#object(key)));
    } catch (error) {
      if (!isMissing(error)) throw this.#failed(key, 'delete', error);
    }
  }

  #object(key: string) {
    return { Bucket: this.#bucket, Key: this.#base + key };
  }

  #failed(key: string, doing: string, error: unknown): StoreError {
    return s3Error(this, key, doing, error);
  }

  #connect() {
    this.#connected ??= (async () => {
      const sdk = await loadS3Sdk(this.location);
      const { client, endpoint } = this.#options;
      if (client !== undefined) return { sdk, client: client as S3Client };
      return {
        sdk,
        client: new sdk.S3Client(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      };
    })();
    return this.#connected;
  }

  async #putBytes(key: string, bytes: Uint8Array, ifAbsent: boolean): Promise<void> {
    const { sdk, client } = await this.#connect();
    await client.send(
      new sdk.PutObjectCommand({ ...this.#object(key), Body: bytes, ...(ifAbsent && { IfNoneMatch: '*' }) }),
    );
  }

  /**
   * Writes a stream. If shorter than a part, it is one request. Otherwise it is sent in parts, and exists
   * once all have arrived.
   */
  async #putStream(key: string, source: AsyncIterable<Uint8Array>, ifAbsent: boolean): Promise<void> {
    const { sdk, client } = await this.#connect();
    let sourceError: SourceError | undefined;
    async function* pieces() {
      try {
        yield* inPieces(source, 1024 * 1024);
      } catch (error) {
        sourceError = new SourceError('The source failed.', { cause: error });
        throw sourceError;
      }
    }
    const body = Readable.from(pieces());
    try {
      await new sdk.Upload({
        client,
        params: { ...this.#object(key), Body: body, ...(ifAbsent && { IfNoneMatch: '*' }) },
        partSize: PART,
        queueSize: PARTS_AT_ONCE,
      }).done();
    } catch (error) {
      throw sourceError ?? error;
    } finally {
      body.destroy();
    }
  }

  async *#pages(prefix: string, delimiter?: string) {
    checkPrefix(this, prefix);
    let token: string | undefined;
    try {
      const { sdk, client } = await this.#connect();
      do {
        const page = await client.send(
          new sdk.ListObjectsV2Command({
            Bucket: this.#bucket,
            Prefix: this.#base + prefix,
            Delimiter: delimiter,
            ContinuationToken: token,
          }),
        );
        yield page;
        token = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
    } catch (error) {
      throw this.#failed(prefix, 'list', error);
    }
  }
}

/** Carries an error of a `put`'s source through the SDK. */
class SourceError extends Error {}

async function* nothing(): AsyncGenerator<Uint8Array> {}
