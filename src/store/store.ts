// store/: the interface for objects under keys, and its drivers in file/ and s3/. Start here. Knows nothing
// of jobs.

import { AnthropicBatchError, type ErrorCode } from '../errors/anthropic-batch-error';

/**
 * The source of a key's value: text, bytes, or a stream of bytes, which is never held in memory as a whole.
 */
export type StoreSource = string | Uint8Array | AsyncIterable<Uint8Array>;

/** A key of a store, without its value. */
export interface StoreEntry {
  key: string;
  /** Bytes. */
  size: number;
  modified: Date;
}

/**
 * Stores documents, request bodies, results and the submission ledger.
 *
 * A key is a relative path of segments joined by `/`. `src/records/keys.ts` builds all keys. A value is
 * written once (`ifAbsent`) or replaced as a whole. A reader never sees a partial value, and a failed or
 * interrupted `put` leaves the previous value. Both drivers pass the conformance suite in `test/`.
 */
export interface Store {
  /** The location as a user writes it (`.anthropic-batch`, `s3://bucket/prefix`), for messages. */
  readonly location: string;

  /**
   * Writes a key's value as a whole.
   *
   * @throws {KeyExistsError} with `ifAbsent`, if the key exists and survives a power cut. Exactly one of
   *   several racing writers succeeds, also across processes
   */
  put(key: string, source: StoreSource, options?: { ifAbsent?: boolean }): Promise<void>;

  /**
   * Reads a key as a stream. `range` is in bytes; `end` is exclusive and optional.
   *
   * @throws {KeyNotFoundError} before the first byte
   */
  open(key: string, range?: { start: number; end?: number }): Promise<AsyncIterable<Uint8Array>>;

  /** Returns the key's size and time, or `undefined` if it does not exist. */
  head(key: string): Promise<StoreEntry | undefined>;

  /** Yields all keys below a prefix that ends in `/`, in byte order of the keys. */
  list(prefix: string): AsyncIterable<StoreEntry>;

  /**
   * Yields the names of the folders directly below a prefix that ends in `/`, in byte order and without a
   * slash.
   */
  folders(prefix: string): AsyncIterable<string>;

  /** Deletes a key. No error if it does not exist. */
  delete(key: string): Promise<void>;
}

/** The base class of the errors of stores. `key` says where the store failed. */
export class StoreError extends AnthropicBatchError {
  override readonly name: string = 'StoreError';
  override readonly code: ErrorCode = 'STORE';
  /** The message for Temporal, without text from others, which may contain anything. */
  readonly publicMessage: string;
  constructor(
    message: string,
    readonly key: string,
    options?: ErrorOptions & { publicMessage?: string },
  ) {
    super(message, options);
    this.publicMessage = options?.publicMessage ?? message;
  }
}

/** A text does not name a store. No store was contacted. */
export class StoreLocationError extends AnthropicBatchError {
  override readonly name = 'StoreLocationError';
  override readonly code = 'STORE_LOCATION';
}

/** A key's value is unusable. Reading it again changes nothing: a person must restore it. */
export class DamagedKeyError extends StoreError {
  override readonly name = 'DamagedKeyError';
  override readonly code = 'DAMAGED_KEY';
  /** @param problem what is wrong, as the end of a sentence, without quoting the value */
  constructor(
    store: Pick<Store, 'location'>,
    key: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(
      `The key ${key} in the store ${store.location} is damaged: ${problem}. ` +
        'This program did not write this value. Restore it from a backup.',
      key,
      options,
    );
  }
}

/** A key exists that was to be created. */
export class KeyExistsError extends StoreError {
  override readonly name = 'KeyExistsError';
  override readonly code = 'KEY_EXISTS';
  constructor(store: Store, key: string) {
    super(`The key ${key} already exists in the store ${store.location}.`, key);
  }
}

/** A key does not exist. */
export class KeyNotFoundError extends StoreError {
  override readonly name = 'KeyNotFoundError';
  override readonly code = 'KEY_NOT_FOUND';
  constructor(store: Store, key: string) {
    super(`There is no key ${key} in the store ${store.location}.`, key);
  }
}
