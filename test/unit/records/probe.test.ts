import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keys } from '../../../src/records/keys';
import { probeInputs, probeStore } from '../../../src/records/probe';
import { FileStore } from '../../../src/store/file/file-store';
import { type Store, StoreError } from '../../../src/store/store';
import { compileFolder } from '../../support/compile-folder';
import { MemoryStore } from '../../support/memory-store';
import { root } from '../../support/root';
import { storeWith } from '../../support/store-with';
import { tempDir } from '../../support/temp-dir';

/** A store with one changed operation. */
function odd(change: (store: MemoryStore) => Partial<Store>): Store {
  const store = new MemoryStore();
  return storeWith(store, change(store));
}

const refuses = (what: string) => async (): Promise<never> => {
  throw new StoreError(`may not ${what}`, 'key');
};

describe('the probe of a store', () => {
  test('passes if everything works, and keeps the id of the store', async () => {
    const memory = new MemoryStore();
    await probeStore(memory);
    expect([...memory.entries.keys()]).toEqual([keys.store]);
    const file = new FileStore(await tempDir());
    await probeStore(file);
    await probeStore(file);
    const left: string[] = [];
    for await (const { key } of file.list('')) left.push(key);
    expect(left).toEqual([keys.store]);
  });

  test.each([
    ['put', odd(() => ({ put: refuses('write') }))],
    ['read', odd(() => ({ open: refuses('read') }))],
    ['list', odd(() => ({ list: () => ({ [Symbol.asyncIterator]: () => ({ next: refuses('list') }) }) }))],
    ['delete', odd(() => ({ delete: refuses('delete') }))],
  ])('reports the problem if %s fails', async (_, store) => {
    await expect(probeStore(store)).rejects.toThrow(/^may not (write|read|list|delete)$/);
  });

  test('refuses a store whose exclusive writes are not exclusive, and cleans up', async () => {
    let memory!: MemoryStore;
    const store = odd((inner) => {
      memory = inner;
      return { put: (key, source) => inner.put(key, source) };
    });
    await expect(probeStore(store)).rejects.toThrow(/overwrote the existing key.*If-None-Match/);
    expect([...memory.entries.keys()]).toEqual([keys.store]);
  });

  test('refuses a store that shows a write late', async () => {
    const store = odd(() => ({ async *list() {} }));
    await expect(probeStore(store)).rejects.toThrow(/its folder lists 0 keys instead of 1/);
  });

  test('names the package to install for a store in S3 without the AWS SDK', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'probe-no-sdk-'));
    try {
      // Outside the project no package is found.
      for (const name of ['store', 'records', 'errors'])
        await compileFolder(join(root, 'src', name), join(folder, name));
      const compiled = createRequire(join(folder, 'records', 'probe.js'));
      const { openStore } = compiled('../store/location.js');
      const store: Store = await openStore('s3://nope/x');
      const INSTALL = /store s3:\/\/nope\/x.*npm install @aws-sdk\/client-s3 @aws-sdk\/lib-storage/;
      await expect(compiled('./probe.js').probeStore(store)).rejects.toThrow(INSTALL);
      await expect(compiled('./probe.js').probeInputs(store)).rejects.toMatchObject({
        code: 'STORE',
        message: expect.stringMatching(INSTALL),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test('the probe of inputs reads and writes nothing', async () => {
  const inputs = odd(() => ({ put: refuses('write') }));
  await probeInputs(inputs);
  await expect(
    probeInputs(odd(() => ({ list: () => ({ [Symbol.asyncIterator]: () => ({ next: refuses('list') }) }) }))),
  ).rejects.toThrow('may not list');
});
