import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { storeId } from '../../../src/records/identity';
import { FileStore } from '../../../src/store/file/file-store';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-id-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('is the same for all callers, also for concurrent first ones', async () => {
  const asked = await Promise.all(Array.from({ length: 8 }, () => storeId(new FileStore(join(folder, 'a')))));
  expect(new Set(asked).size).toBe(1);
  expect(await storeId(new FileStore(join(folder, 'a')))).toBe(asked[0]);
});

it('differs between stores', async () => {
  const ids = await Promise.all(['a', 'b'].map((name) => storeId(new FileStore(join(folder, name)))));
  expect(ids[0]).not.toBe(ids[1]);
});

it('is never created if the existing record has none', async () => {
  const store = new FileStore(folder);
  await store.put('store.json', '{}');
  await expect(storeId(store)).rejects.toThrow(/store\.json.*has no id/);
});
