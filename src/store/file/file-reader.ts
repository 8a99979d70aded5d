import { close, read } from 'node:fs';
import { promisify } from 'node:util';
import { openRegularFile } from './regular-file';

const PIECE = 256 * 1024;
const readAt = promisify(read);
const closeFile = promisify(close);

/**
 * Reads the bytes of a regular file, also through a symbolic link.
 *
 * @param range in bytes; `end` is exclusive
 * @throws {NotRegularFileError} and unchanged system errors
 */
export async function readRegularFile(
  path: string,
  range?: { start: number; end?: number },
): Promise<FileReader> {
  const { fd, size } = await openRegularFile(path, { follow: true });
  return new FileReader(fd, range?.start ?? 0, Math.min(size, range?.end ?? size), (error) => error as Error);
}

/** Closes the files of readers that were dropped before their end. */
const dropped = new FinalizationRegistry<number>((fd) => close(fd, () => {}));

/**
 * Reads the bytes of an open file once. Owns the descriptor, and closes it at the end, on an error, when a
 * loop is left early, and on garbage collection if it was never read.
 */
export class FileReader implements AsyncIterableIterator<Uint8Array> {
  #open = true;

  readonly #fd: number;
  #position: number;
  readonly #end: number;
  readonly #failed: (error: unknown) => Error;

  /** @param end exclusive, in bytes; the file's size when it was opened */
  constructor(fd: number, position: number, end: number, failed: (error: unknown) => Error) {
    this.#fd = fd;
    this.#position = position;
    this.#end = end;
    this.#failed = failed;

    dropped.register(this, fd, this);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#open) return { done: true, value: undefined };
    try {
      const length = Math.min(PIECE, this.#end - this.#position);
      if (length > 0) {
        const buffer = Buffer.allocUnsafeSlow(length);
        const { bytesRead } = await readAt(this.#fd, buffer, 0, length, this.#position);
        this.#position += bytesRead;
        if (bytesRead > 0) return { done: false, value: buffer.subarray(0, bytesRead) };
        throw new Error(`the file ended ${this.#end - this.#position} bytes early`);
      }
    } catch (error) {
      await this.#close();
      throw this.#failed(error);
    }
    await this.#close();
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    await this.#close();
    return { done: true, value: undefined };
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    dropped.unregister(this);
    await closeFile(this.#fd);
  }
}
