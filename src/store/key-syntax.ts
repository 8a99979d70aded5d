import { type Store, StoreError } from './store';

/**
 * Whether a text is a key: segments joined by `/`, none empty, none beginning with a dot (so neither `.` nor `..`, and
 * never a store's own temporary file), no backslash, no NUL. Such a key leads nowhere but below the store's root.
 */
export function isKey(text: string): boolean {
  if (/[\\\0]/.test(text) || !text.isWellFormed()) return false;
  return text.split('/').every((segment) => segment !== '' && !segment.startsWith('.'));
}

/** @throws {StoreError} when `key` is none. */
export function checkKey(store: Store, key: string): void {
  if (isKey(key)) return;
  throw new StoreError(
    `${JSON.stringify(key)} is no key for the store ${store.location}: a key is a relative path of segments joined by "/", ` +
      'none of them empty or beginning with a dot, without backslash or NUL.',
    key,
  );
}

/** A prefix is a key with `/` at its end, or empty: the whole store. @throws {StoreError} when `prefix` is none. */
export function checkPrefix(store: Store, prefix: string): void {
  if (prefix === '' || (prefix.endsWith('/') && isKey(prefix.slice(0, -1)))) return;
  throw new StoreError(
    `${JSON.stringify(prefix)} is no prefix in the store ${store.location}: a prefix is empty or a key followed by "/".`,
    prefix,
  );
}

/** @throws {StoreError} when a range is not made of whole numbers with `0 <= start <= end`. */
export function checkRange(store: Store, key: string, range?: { start: number; end?: number }): void {
  if (range === undefined) return;
  const { start, end = Number.POSITIVE_INFINITY } = range;
  if (Number.isSafeInteger(start) && start >= 0 && end >= start && !Number.isNaN(end)) return;
  throw new StoreError(
    `Bytes ${start} to ${end} of ${key} in the store ${store.location} are no range: give 0 <= start <= end.`,
    key,
  );
}
