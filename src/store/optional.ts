import { KeyExistsError, KeyNotFoundError, type Store, type StoreSource } from './store';

/** Returns what a read returns, or `undefined` if its key does not exist. */
export async function ifFound<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof KeyNotFoundError) return undefined;
    throw error;
  }
}

/** Awaits a write with `ifAbsent`. @returns `false` if its key existed */
export async function ifAbsent(write: Promise<void>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof KeyExistsError) return false;
    throw error;
  }
}

/**
 * Writes a key, unless it exists.
 *
 * @returns `false` if the key existed. Its value may still be this call's own: a store may resend a write
 *   whose answer was lost. `createOnce` tells which
 */
export function putIfAbsent(store: Store, key: string, source: StoreSource): Promise<boolean> {
  return ifAbsent(store.put(key, source, { ifAbsent: true }));
}
