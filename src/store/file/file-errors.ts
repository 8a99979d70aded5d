import { DamagedKeyError, type Store, StoreError } from '../store';
import { NotRegularFileError } from './regular-file';

/** Returns Node's code of a failed system call (`ENOENT`, `ENOSPC`…), or `undefined`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/**
 * Returns whether a key does not exist: nothing has its name, a folder has it, or a file stands in place of a
 * folder.
 */
export function isMissing(error: unknown): boolean {
  if (error instanceof NotRegularFileError) return error.kind === 'a folder';
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

const LINK = 'it is a symbolic link or lies behind one, and the store follows none below its root (ELOOP)';

/** Converts a failed system call to an error for the user, with advice. */
export function fileError(store: Store, key: string, doing: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if (error instanceof NotRegularFileError) return new DamagedKeyError(store, key, error.message);
  const code = codeOf(error);
  if (code === 'ELOOP') return new DamagedKeyError(store, key, LINK, { cause: error });
  const said = `Could not ${doing} ${key === '' ? 'the root' : key} in the store ${store.location}`;
  const why = advice(code);
  return new StoreError(
    `${said}: ${why ?? `${error instanceof Error ? error.message : String(error)}.`}`,
    key,
    { cause: error, publicMessage: `${said}: ${why ?? `${code ?? 'the system gave no code'}.`}` },
  );
}

function advice(code: string | undefined): string | undefined {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return (
        `the disk is full or its quota is used up (${code}). The previous value is unchanged. Free some ` +
        'space, then retry.'
      );
    case 'EFBIG':
      return (
        `it is larger than the file system or the limit of this process allows (${code}). Raise the ` +
        'limit (ulimit -f), or use smaller chunks.'
      );
    case 'EROFS':
      return `the file system is read-only (${code}). Mount it writable, or use a store elsewhere.`;
    case 'EPERM':
      return (
        `not permitted (${code}). Either the files belong to another user, or the file system has no ` +
        'hard links, which exclusive writes need: use a local file system or S3.'
      );
    case 'EACCES':
      return (
        `permission denied (${code}). Run as the user who owns the store's files, or change their owner ` +
        'or mode.'
      );
    case 'EMFILE':
    case 'ENFILE':
      return `too many open files (${code}). Raise the limit (ulimit -n), or reduce concurrency.`;
    case 'ENAMETOOLONG':
      return `the name is too long for the file system (${code}). Use a shorter path for the store.`;
    case 'ENOTSUP':
    case 'EOPNOTSUPP':
    case 'ENOSYS':
    case 'EXDEV':
      return (
        `the file system has no hard links within the store (${code}), which exclusive writes need. Use ` +
        'a local file system, one for the whole store, or S3.'
      );
    default:
      return undefined;
  }
}
