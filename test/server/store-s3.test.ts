import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createOnce, readText } from '../../src/store/json';
import { openStore } from '../../src/store/location';
import { S3Store } from '../../src/store/s3/s3-store';
import { KeyExistsError, type Store, StoreError } from '../../src/store/store';
import { s3Server, type TestS3 } from '../support/s3';
import { conformsToStorePort, keysBelow } from '../unit/store/conformance';

let server: TestS3;

beforeAll(async () => {
  server = await s3Server();
}, 600_000);

conformsToStorePort('S3Store', async () => ({
  store: new S3Store('s3://bucket/some/prefix/', { client: server.client() }),
  remove: async () => {},
}));

describe('S3Store', () => {
  it('shares a bucket with other prefixes and sees none of their keys', async () => {
    const [one, other]: Store[] = ['one', 'one-more'].map(
      (p) => new S3Store(`s3://bucket/${p}`, { client: server.client() }),
    );
    await one!.put('a', '1');
    await other!.put('a', '2');
    await other!.put('b', '2');
    expect(await readText(one!, 'a')).toBe('1');
    expect(await keysBelow(one!, '')).toEqual(['a']);
    const whole = new S3Store('s3://bucket', { client: server.client() });
    expect(await keysBelow(whole, 'one-more/')).toEqual(['one-more/a', 'one-more/b']);
  });

  it('says what to do about a missing bucket and about wrong credentials', async () => {
    const noBucket = new S3Store('s3://no-such-bucket', { client: server.client() });
    await expect(noBucket.put('a/key', 'x')).rejects.toThrow(
      /a\/key.*s3:\/\/no-such-bucket.*Create the bucket/,
    );
    const wrongKey = new S3Store('s3://bucket', { client: server.client('wrong') });
    await expect(wrongKey.put('a/key', 'x')).rejects.toThrow(/a\/key.*credentials need/);
    await expect(wrongKey.open('a/key')).rejects.toThrow(StoreError);
    await expect(wrongKey.head('a/key')).rejects.toThrow(StoreError);
    await expect(keysBelow(wrongKey, '')).rejects.toThrow(StoreError);
  });

  it('recognizes its own create if the answer was lost and the SDK resent it', async () => {
    const losing = server.client();
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

  it('writes in the end if a concurrent write failed', async () => {
    const conflicting = server.client();
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

  it("reads endpoint, region and credentials from the AWS SDK's variables", async () => {
    for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
    try {
      const store = await openStore('s3://bucket/by-environment');
      await store.put('key', 'value', { ifAbsent: true });
      expect(await keysBelow(store, '')).toEqual(['key']);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
