import { type Store, StoreError } from './store';

/**
 * Returns whether a text is a key: segments joined by `/`, without backslash or NUL. No segment is empty or
 * begins with a dot, so none is `.`, `..` or a store's temporary file. Such a key always lies below the
 * store's root.
 */
export function isKey(text: string): boolean {
  if (/[\\\0]/.test(text) || !text.isWellFormed()) return false;
  return text.split('/').every((segment) => segment !== '' && !segment.startsWith('.'));
}

/** @throws {StoreError} if `key` is not a key */
export function checkKey(store: Store, key: string): void {
  if (isKey(key)) return;
  throw new StoreError(
    `${JSON.stringify(key)} is not a valid key for the store ${store.location}: a key is a relative ` +
      'path of segments joined by "/", ' +
      'none of them empty or beginning with a dot, without backslash or NUL.',
    key,
  );
}

/**
 * Checks a prefix: a key followed by `/`, or empty for the whole store. @throws {StoreError} if it is neither
 */
export function checkPrefix(store: Store, prefix: string): void {
  if (prefix === '' || (prefix.endsWith('/') && isKey(prefix.slice(0, -1)))) return;
  throw new StoreError(
    `${JSON.stringify(prefix)} is not a valid prefix in the store ${store.location}: a prefix is empty ` +
      'or a key followed by "/".',
    prefix,
  );
}

/** @throws {StoreError} if a range does not consist of whole numbers with `0 <= start <= end` */
export function checkRange(store: Store, key: string, range?: { start: number; end?: number }): void {
  if (range === undefined) return;
  const { start, end = Number.POSITIVE_INFINITY } = range;
  if (Number.isSafeInteger(start) && start >= 0 && end >= start && !Number.isNaN(end)) return;
  throw new StoreError(
    `Bytes ${start} to ${end} of ${key} in the store ${store.location} are not a valid range: 0 <= ` +
      'start <= end is required.',
    key,
  );
}
