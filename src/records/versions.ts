import { createSame, findJson } from '../store/json';
import { type Store, type StoreEntry, StoreError } from '../store/store';

/** Builds the key of a version of a record: `summary.json`, then `summary.1.json`, `summary.2.json`. */
export type VersionKey = (version: number) => string;

/** The newest version of a record. */
export interface Newest<T> {
  /** Unset if there is no version. */
  value?: T;
  /** The number of the next version. */
  next: number;
}

/** Returns the newest version of a record. Versions have no gaps. */
export async function readNewest<T extends object>(store: Store, key: VersionKey): Promise<Newest<T>> {
  const newest: Newest<T> = { next: 0 };
  for (;;) {
    const value = await findJson<T>(store, key(newest.next));
    if (!value) return newest;
    newest.value = value;
    newest.next += 1;
  }
}

/** Like `readNewest`, but returns the value alone. */
export async function findNewest<T extends object>(store: Store, key: VersionKey): Promise<T | undefined> {
  return (await readNewest<T>(store, key)).value;
}

/** Returns the entry of the newest version of a record, without reading it. */
export async function newestEntry(store: Store, key: VersionKey): Promise<StoreEntry | undefined> {
  let newest: StoreEntry | undefined;
  for (let number = 0; ; number += 1) {
    const entry = await store.head(key(number));
    if (!entry) return newest;
    newest = entry;
  }
}

/**
 * Adds a version of a record. Nothing is replaced: a process that was presumed dead, and wakes after another
 * one has written newer content, finds its number taken.
 *
 * @param number `next` of the newest version, read before anything that the value is made of
 * @returns `false` if another process has added one since. The caller then throws `outdated`
 */
export function addVersion(store: Store, key: VersionKey, number: number, value: object): Promise<boolean> {
  return createSame(store, key(number), value);
}

/** The error of a step whose result another process overtook. The step is repeated. */
export function outdated(store: Store, key: string): StoreError {
  const message =
    `Another process wrote ${key} in the store ${store.location} while this one worked on it. The step is ` +
    'repeated with what is there now.';
  return new StoreError(message, key);
}
