import { constants } from 'node:fs';
import { mkdir, open, realpath, rmdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { codeOf } from './file-errors';

/**
 * The folders of a file store. It follows no symbolic link below the root, so that a link leads no read or
 * write outside.
 */
export class FileTree {
  /** @param root absolute; it may be a symbolic link, or lie behind one */
  constructor(readonly root: string) {}

  /** Returns the path of a key or folder. `key` must be valid. */
  path(key: string): string {
    return join(this.root, ...key.split('/'));
  }

  /**
   * Checks that a folder is a real one below the root.
   *
   * @throws with `ENOENT` or `ENOTDIR` if it does not exist, with `ELOOP` if a link is in the way
   */
  async check(folder: string): Promise<void> {
    const real = await realpath(folder);
    const root = folder === this.root ? real : await realpath(this.root);
    if (real === join(root, folder.slice(this.root.length))) return;
    throw Object.assign(new Error(`${folder} leads to ${real}`), { code: 'ELOOP' });
  }

  /** Creates a folder and those above it, with mode 0700. */
  async make(folder: string): Promise<void> {
    try {
      await this.check(folder);
      return;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    if (folder === this.root) {
      const first = await mkdir(folder, { recursive: true, mode: 0o700 });
      if (first !== undefined) await syncFolder(dirname(first));
      return;
    }
    await this.make(dirname(folder));
    await mkdir(folder, { mode: 0o700 }).catch((error) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
    await this.check(folder);
  }

  /**
   * Makes the entry of a new file durable. Also syncs the folders above: another process may have just
   * created them and not yet synced them. This costs little if there is nothing to write.
   */
  async sync(folder: string): Promise<void> {
    for (let at = folder; at.length >= this.root.length; at = dirname(at)) await syncFolder(at);
  }

  /**
   * Removes a folder and those above it, up to the root, as long as they are empty. A writer whose folder
   * disappears between creation and use creates it again.
   */
  async prune(folder: string): Promise<void> {
    try {
      for (let at = folder; at.startsWith(this.root + sep); at = dirname(at)) await rmdir(at);
    } catch {
      // The folder is not empty, or may not be removed. An empty folder does no harm.
    }
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open folders.
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot sync a folder; they write its entries at once.
    if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOTSUP') throw error;
  } finally {
    await handle.close();
  }
}
