import { close, constants, fstat, open, type Stats } from 'node:fs';
import { promisify } from 'node:util';

const openDescriptor = promisify(open);
const statDescriptor = promisify(fstat);
const closeDescriptor = promisify(close);

/** Windows has neither flag. */
const NO_WAIT = constants.O_NONBLOCK ?? 0;
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/** A path does not lead to a regular file: reading it may block forever, or never end. */
export class NotRegularFileError extends Error {
  override readonly name = 'NotRegularFileError';
  constructor(
    /** For example `a FIFO`. */
    readonly kind: string,
  ) {
    super(`it is ${kind}, not a regular file`);
  }
}

/**
 * Opens a regular file for reading. Never blocks: opening a FIFO without a writer would block one of the few
 * threads that all files of the process share.
 *
 * @param follow whether to follow a symbolic link; otherwise a link fails with `ELOOP`
 * @returns a descriptor that the caller must close
 * @throws {NotRegularFileError} for a folder, a FIFO, a device or a socket
 */
export async function openRegularFile(
  path: string,
  { follow }: { follow: boolean },
): Promise<{ fd: number; size: number; modified: Date }> {
  let fd: number;
  try {
    fd = await openDescriptor(path, constants.O_RDONLY | NO_WAIT | (follow ? 0 : NO_FOLLOW));
  } catch (error) {
    // The system's error codes for a socket.
    if (['ENXIO', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw new NotRegularFileError('a socket, or a device without a driver');
    throw error;
  }
  try {
    const stats = await statDescriptor(fd);
    if (!stats.isFile()) throw new NotRegularFileError(kindOf(stats));
    return { fd, size: stats.size, modified: stats.mtime };
  } catch (error) {
    await closeDescriptor(fd);
    throw error;
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  return stats.isFIFO() ? 'a FIFO' : 'a device';
}
