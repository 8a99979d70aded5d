import { randomUUID } from 'node:crypto';
import { readText } from '../store/json';
import { KeyExistsError, type Store, StoreError } from '../store/store';
import { storeId } from './identity';
import { keys } from './keys';

/**
 * Writes, reads, lists and deletes a key of its own, as jobs do, and reads the store's id.
 *
 * @throws the error that a job would get: a `StoreError` that says what is wrong with the store
 */
export async function probeStore(store: Store): Promise<void> {
  await storeId(store);
  const name = randomUUID();
  const key = keys.probe(name);
  await store.put(key, name, { ifAbsent: true });
  try {
    await assertExclusive(store, key);
    await assertReadable(store, key, name);
  } catch (error) {
    // The first error says more than an error of the clean-up.
    await store.delete(key).catch(() => {});
    throw error;
  }
  await store.delete(key);
}

/** Reads the beginning of a folder or prefix that holds inputs. @throws as `probeStore` does */
export async function probeInputs(inputs: Store): Promise<void> {
  for await (const _ of inputs.list('')) return;
}

/** @throws if a second write of the key succeeds: two workers could then buy the same batch twice */
async function assertExclusive(store: Store, key: string): Promise<void> {
  try {
    await store.put(key, 'a second write', { ifAbsent: true });
  } catch (error) {
    if (error instanceof KeyExistsError) return;
    throw error;
  }
  throw new StoreError(
    `The store ${store.location} overwrote the existing key ${key} in an exclusive write. ` +
      'Jobs need exclusive writes: use a local file system, AWS S3, or a server that honors ' +
      '"If-None-Match: *".',
    key,
  );
}

async function assertReadable(store: Store, key: string, value: string): Promise<void> {
  const listed: string[] = [];
  for await (const entry of store.list(keys.probeFolder(value))) listed.push(entry.key);
  const read = await readText(store, key);
  if (read === value && listed.join() === key) return;
  throw new StoreError(
    `The store ${store.location} does not return what was written: the key ${key} holds ${read.length} ` +
      `characters instead of ${value.length}, and its folder lists ${listed.length} keys instead of 1. Use a store that ` +
      'shows a write at once.',
    key,
  );
}
