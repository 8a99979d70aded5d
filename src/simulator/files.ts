import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';

/** Replaces a small file as a whole. A reader sees the old text or the new one, also after a kill. */
export function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, path);
}

/** Returns the parsed content of a JSON file, or `undefined` if it does not exist. */
export function readJsonFile<T>(path: string): T | undefined {
  const text = readTextFile(path);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

/** Yields the parsed lines of a JSONL file; none if it does not exist. */
export function* readJsonLines<T>(path: string): Generator<T> {
  for (const line of (readTextFile(path) ?? '').split('\n')) if (line !== '') yield JSON.parse(line) as T;
}

/** Returns the content of a file, or `undefined` if it does not exist. */
function readTextFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Appends to a file through one fixed buffer, synchronously. Data from a socket never waits in memory for the
 * disk, so a slow disk slows the sender instead of filling the heap.
 */
export class FileWriter {
  readonly #fd: number;
  readonly #buffer: Buffer;
  #used = 0;
  #closed = false;
  /** Bytes written so far. */
  size = 0;

  constructor(path: string, bufferBytes = 256 * 1024) {
    this.#fd = openSync(path, 'w', 0o600);
    this.#buffer = Buffer.allocUnsafe(bufferBytes);
  }

  write(bytes: Uint8Array): void {
    this.size += bytes.length;
    if (bytes.length > this.#buffer.length - this.#used) this.#flush();
    if (bytes.length > this.#buffer.length) {
      writeAll(this.#fd, bytes);
      return;
    }
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#flush();
    } finally {
      closeSync(this.#fd);
    }
  }

  #flush(): void {
    writeAll(this.#fd, this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
