import { type FileHandle, open, unlink } from 'node:fs/promises';

/**
 * A temporary file on local disk, which is written at its end and read anywhere. It is unlinked before its
 * first byte is written. Whenever the process ends, the system frees the file, and no answer stays on the
 * disk.
 */
export class ScratchFile {
  readonly #file: FileHandle;
  #size = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<ScratchFile> {
    return new ScratchFile(await nameless(path));
  }

  /** @returns the offset of the bytes */
  async append(bytes: Uint8Array): Promise<number> {
    const start = this.#size;
    await this.#file.appendFile(bytes);
    this.#size += bytes.length;
    return start;
  }

  async read(start: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.#file.read(bytes, 0, length, start);
    if (bytesRead < length) throw new Error('A scratch file is shorter than expected.');
    return bytes;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

async function nameless(path: string): Promise<FileHandle> {
  const file = await open(path, 'wx+', 0o600);
  try {
    await unlink(path);
    return file;
  } catch (error) {
    // Older versions of Windows cannot unlink an open file. The caller removes the folder.
    if (process.platform === 'win32') return file;
    await file.close();
    throw error;
  }
}
