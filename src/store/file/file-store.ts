// file/: a store in a folder. Start here.

import { link, lstat, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { checkKey, checkPrefix, checkRange, isKey } from '../key-syntax';
import { bytesOf, inPieces } from '../pieces';
import { KeyExistsError, KeyNotFoundError, type Store, type StoreEntry, type StoreSource } from '../store';
import { codeOf, fileError, isMissing } from './file-errors';
import { FileReader } from './file-reader';
import { FileTree } from './file-tree';
import { openRegularFile } from './regular-file';
import { Temporaries } from './temporaries';

const PIECE = 256 * 1024;

/**
 * A store in a folder: a key is the path of a file below the root. Files have mode 0600 and folders 0700.
 *
 * A value is written to a temporary file in `.tmp` below the root and synced. The file is then linked
 * (`ifAbsent`) or renamed to its place, and the folders are synced. A value is therefore complete or absent,
 * also after a power cut. The whole store must be on one file system that has hard links. Nothing is created
 * before the first `put`.
 */
export class FileStore implements Store {
  readonly location: string;
  readonly #tree: FileTree;
  readonly #temporaries: Temporaries;

  /** @param root a folder, relative to the current one or absolute; it need not exist */
  constructor(root: string) {
    this.location = root;
    this.#tree = new FileTree(resolve(root));
    this.#temporaries = new Temporaries(this.#tree.root);
  }

  /**
   * Opens a store and removes temporary files of dead processes: those of this machine, and any older than a
   * day.
   */
  static async open(root: string): Promise<FileStore> {
    const store = new FileStore(root);
    await store.#temporaries.sweep();
    return store;
  }

  async put(key: string, source: StoreSource, { ifAbsent = false } = {}): Promise<void> {
    checkKey(this, key);
    const io = <T>(step: Promise<T>) =>
      step.catch((error) => Promise.reject(this.#failed(key, 'write', error)));
    await io(this.#tree.make(this.#temporaries.folder));
    const temporary = this.#temporaries.path();
    const file = await io(open(temporary, 'wx', 0o600));
    try {
      try {
        const bytes = bytesOf(source);
        if (bytes !== undefined) await io(file.writeFile(bytes));
        // Errors of the source itself reach the caller unchanged.
        else
          for await (const piece of inPieces(source as AsyncIterable<Uint8Array>, PIECE))
            await io(file.writeFile(piece));
        await io(file.sync());
      } finally {
        await io(file.close());
      }
      await io(this.#place(temporary, key, ifAbsent));
    } finally {
      await unlink(temporary).catch(() => {
        // It was renamed, or is removed later by `sweep`.
      });
    }
  }

  async open(key: string, range?: { start: number; end?: number }): Promise<AsyncIterable<Uint8Array>> {
    checkKey(this, key);
    checkRange(this, key, range);
    const path = this.#tree.path(key);
    const failed = (error: unknown) =>
      isMissing(error) ? new KeyNotFoundError(this, key) : this.#failed(key, 'read', error);
    try {
      await this.#tree.check(dirname(path));
      const { fd, size } = await openRegularFile(path, { follow: false });
      return new FileReader(fd, range?.start ?? 0, Math.min(size, range?.end ?? size), failed);
    } catch (error) {
      throw failed(error);
    }
  }

  async head(key: string): Promise<StoreEntry | undefined> {
    checkKey(this, key);
    try {
      await this.#tree.check(dirname(this.#tree.path(key)));
      return await this.#entry(key);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.#failed(key, 'read', error);
    }
  }

  async *list(prefix: string): AsyncGenerator<StoreEntry> {
    checkPrefix(this, prefix);
    for (const name of await this.#names(prefix)) {
      if (name.endsWith('/')) yield* this.list(prefix + name);
      else {
        const key = prefix + name;
        const entry = await this.#entry(key).catch((error) => {
          if (isMissing(error)) return undefined;
          throw this.#failed(key, 'read', error);
        });
        if (entry !== undefined) yield entry;
      }
    }
  }

  async *folders(prefix: string): AsyncGenerator<string> {
    checkPrefix(this, prefix);
    for (const name of await this.#names(prefix)) {
      if (!name.endsWith('/')) continue;
      // A folder exists if a key is below it, as in S3. A writer that died may have left an empty one.
      for await (const _ of this.list(prefix + name)) {
        yield name.slice(0, -1);
        break;
      }
    }
  }

  async delete(key: string): Promise<void> {
    checkKey(this, key);
    const folder = dirname(this.#tree.path(key));
    try {
      await this.#tree.check(folder);
      if ((await this.#entry(key)) === undefined) return;
      await unlink(this.#tree.path(key));
      await this.#syncEntry(folder);
      await this.#tree.prune(folder);
    } catch (error) {
      if (!isMissing(error)) throw this.#failed(key, 'delete', error);
    }
  }

  #failed(key: string, doing: string, error: unknown) {
    return fileError(this, key, doing, error);
  }

  /** Moves a complete file to its key. Of several calls with `ifAbsent`, one succeeds. */
  async #place(temporary: string, key: string, ifAbsent: boolean): Promise<void> {
    const path = this.#tree.path(key);
    const folder = dirname(path);
    for (let tries = 1; ; tries++) {
      try {
        await this.#tree.make(folder);
        await (ifAbsent ? link(temporary, path) : rename(temporary, path));
        break;
      } catch (error) {
        if (ifAbsent && codeOf(error) === 'EEXIST') {
          // The caller acts on the key's existence, so the key must survive a power cut even if its writer
          // has not synced it yet. The writer may be ourselves: a network file system may link, lose the
          // answer and link again.
          await this.#syncEntry(folder);
          throw new KeyExistsError(this, key);
        }
        // A concurrent `delete` has pruned the folder. That is impossible once the file is in it.
        if (codeOf(error) !== 'ENOENT' || tries === 100) throw error;
      }
    }
    await this.#syncEntry(folder);
  }

  async #syncEntry(folder: string): Promise<void> {
    await this.#tree.sync(folder).catch((error) => {
      // The key and its folder were deleted meanwhile.
      if (!isMissing(error)) throw error;
    });
  }

  /**
   * Returns `undefined` if it is not a file. @throws with `ENOENT` if nothing exists, with `ELOOP` for a
   * symbolic link
   */
  async #entry(key: string): Promise<StoreEntry | undefined> {
    const stats = await lstat(this.#tree.path(key));
    if (stats.isSymbolicLink())
      throw Object.assign(new Error(`${key} is a symbolic link`), { code: 'ELOOP' });
    return stats.isFile() ? { key, size: stats.size, modified: stats.mtime } : undefined;
  }

  /** Returns the names directly below a prefix, in byte order of the keys. Folders end in a slash. */
  async #names(prefix: string): Promise<string[]> {
    const folder = prefix === '' ? this.#tree.root : this.#tree.path(prefix.slice(0, -1));
    try {
      await this.#tree.check(folder);
      const entries = await readdir(folder, { withFileTypes: true });
      return entries
        .filter((entry) => isKey(entry.name))
        .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
        .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    } catch (error) {
      if (isMissing(error)) return [];
      throw this.#failed(prefix, 'list', error);
    }
  }
}
