import { type FileHandle, open, unlink } from 'node:fs/promises';
import { type Line, lines } from '../../src/lines/split';

/**
 * A copy of raw results on local disk, to read rows in another order than they came. The file is unlinked
 * before its first byte is written. Whenever the process ends, the system frees the file, and no answer stays
 * on the disk.
 */
export class ScratchFile {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /**
   * Copies a stream and calls `onLine` for each line that is not empty. A line's bytes are valid until the
   * next one.
   */
  static async copy(
    source: AsyncIterable<Uint8Array>,
    path: string,
    onLine: (line: Line) => void,
  ): Promise<ScratchFile> {
    const file = await nameless(path);
    const copied = async function* () {
      for await (const piece of source) {
        await file.appendFile(piece);
        yield piece;
      }
    };
    try {
      for await (const batch of lines(copied())) {
        for (const line of batch) if (line.bytes.length > 0) onLine(line);
      }
      return new ScratchFile(file);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async read(start: number, length: number): Promise<Buffer> {
    const row = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.#file.read(row, 0, length, start);
    if (bytesRead < length) throw new Error('A scratch file of raw results is shorter than expected.');
    return row;
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
