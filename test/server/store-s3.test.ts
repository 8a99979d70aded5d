import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type S3Server, startS3Server, versitygw } from '../../scripts/servers/s3';
import { createOnce, readText } from '../../src/store/json';
import { openStore } from '../../src/store/location';
import { S3Store } from '../../src/store/s3';
import { KeyExistsError, type Store, StoreError } from '../../src/store/store';
import { conformsToStorePort, keysBelow } from '../unit/store/conformance';

let folder: string;
let server: S3Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-s3-'));
  // A bucket is a folder below the server's own.
  await mkdir(join(folder, 'bucket'));
  server = await startS3Server({ executable: await versitygw(), dir: folder });
}, 600_000);

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const client = (secretAccessKey = server.secretKey) =>
  new S3Client({
    endpoint: server.endpoint,
    region: server.region,
    forcePathStyle: true,
    credentials: { accessKeyId: server.accessKey, secretAccessKey },
  });

conformsToStorePort('S3Store', async () => ({
  store: new S3Store('s3://bucket/some/prefix/', { client: client() }),
  remove: async () => {},
}));

describe('S3Store', () => {
  it('shares a bucket with other prefixes and sees none of their keys', async () => {
    const [one, other]: Store[] = ['one', 'one-more'].map(
      (p) => new S3Store(`s3://bucket/${p}`, { client: client() }),
    );
    await one!.put('a', '1');
    await other!.put('a', '2');
    await other!.put('b', '2');
    expect(await readText(one!, 'a')).toBe('1');
    expect(await keysBelow(one!, '')).toEqual(['a']);
    const whole = new S3Store('s3://bucket', { client: client() });
    expect(await keysBelow(whole, 'one-more/')).toEqual(['one-more/a', 'one-more/b']);
  });

  it('says what to do about a missing bucket and about wrong credentials', async () => {
    const noBucket = new S3Store('s3://no-such-bucket', { client: client() });
    await expect(noBucket.put('a/key', 'x')).rejects.toThrow(
      /a\/key.*s3:\/\/no-such-bucket.*Create the bucket/,
    );
    const wrongKey = new S3Store('s3://bucket', { client: client('wrong') });
    await expect(wrongKey.put('a/key', 'x')).rejects.toThrow(/a\/key.*credentials need/);
    await expect(wrongKey.open('a/key')).rejects.toThrow(StoreError);
    await expect(wrongKey.head('a/key')).rejects.toThrow(StoreError);
    await expect(keysBelow(wrongKey, '')).rejects.toThrow(StoreError);
  });

  it('recognizes its own create when the answer was lost and the SDK sent it again', async () => {
    const losing = client();
    let lost = 0;
    losing.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        if (lost++ > 0) return answer;
        throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
      },
      { step: 'deserialize', priority: 'high' },
    );
    const store = new S3Store('s3://bucket/lost', { client: losing });
    const made = await createOnce(store, 'decision', { kind: 'commit' });
    expect(lost).toBeGreaterThan(1);
    expect(made).toMatchObject({ created: true, value: { kind: 'commit' } });
    expect(await createOnce(store, 'decision', { kind: 'overtaken' })).toMatchObject({
      created: false,
      value: { kind: 'commit' },
    });
  });

  it('writes after all when a write beside it came to nothing', async () => {
    const conflicting = client();
    let conflicts = 0;
    conflicting.middlewareStack.add(
      (next, context) => async (args) => {
        if (context.commandName !== 'PutObjectCommand' || conflicts++ > 0) return next(args);
        const $metadata = { httpStatusCode: 409 };
        throw Object.assign(new Error('in conflict'), { name: 'ConditionalRequestConflict', $metadata });
      },
      { step: 'initialize' },
    );
    const store = new S3Store('s3://bucket/conflict', { client: conflicting });
    await store.put('key', 'value', { ifAbsent: true });
    expect(await readText(store, 'key')).toBe('value');
    conflicts = 0;
    await expect(store.put('key', 'other', { ifAbsent: true })).rejects.toThrow(KeyExistsError);
  });

  it("finds endpoint, region and credentials in the AWS SDK's own variables", async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_S3', server.endpoint);
    vi.stubEnv('AWS_REGION', server.region);
    vi.stubEnv('AWS_ACCESS_KEY_ID', server.accessKey);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', server.secretKey);
    try {
      const store = await openStore('s3://bucket/by-environment');
      await store.put('key', 'value', { ifAbsent: true });
      expect(await keysBelow(store, '')).toEqual(['key']);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
