import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../exit';

/**
 * Writes a file atomically, with mode 0600. Writes to a new file in the same folder and renames it. An
 * existing link is replaced, not followed.
 *
 * @throws {UsageError} if the folder cannot be written, or if the path exists and is not a regular file.
 */
export async function writeNewFile(path: string, source: AsyncIterable<Uint8Array>): Promise<void> {
  await assertReplaceable(path);
  const partial = join(dirname(path), `.${basename(path).slice(0, 100)}.${randomUUID()}.partial`);
  const file = await create(partial, path);
  try {
    try {
      for await (const piece of source) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await unlink(partial).catch(() => {
      // It was already renamed, or its folder is gone.
    });
    throw error;
  }
}

async function assertReplaceable(path: string): Promise<void> {
  const standing = await stat(path).catch(() => undefined);
  if (!standing || standing.isFile()) return;
  throw new UsageError(
    `The file ${path} cannot be written: it is not a regular file. ` +
      'Give the name of a new file or a regular file, or leave out --out to print to stdout.',
  );
}

async function create(partial: string, path: string): Promise<FileHandle> {
  try {
    return await open(partial, 'wx', 0o600);
  } catch (error) {
    throw new UsageError(`The file ${path} cannot be written: ${(error as Error).message}.`);
  }
}
