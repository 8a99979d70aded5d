import { randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { readdir, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { codeOf } from './file-errors';

const DAY = 24 * 60 * 60_000;

/**
 * The temporary files of a file store. All lie in one folder, and their names identify the writer, so that
 * files of dead writers are found without a search. Keys never begin with a dot, so the folder is not a key.
 */
export class Temporaries {
  readonly folder: string;

  constructor(root: string) {
    this.folder = join(root, '.tmp');
  }

  /** Returns a new name. */
  path(): string {
    return join(this.folder, `${MACHINE}.${process.pid}.${randomUUID()}`);
  }

  /**
   * Removes the files of dead writers: at once for writers on this machine, else after a day without a write.
   */
  async sweep(): Promise<void> {
    try {
      for (const name of await readdir(this.folder)) {
        const path = join(this.folder, name);
        // If the writer was only paused, it finds its file gone and fails. Stored values stay intact.
        if (isDead(name) || Date.now() - (await stat(path)).mtimeMs > DAY) await unlink(path);
      }
    } catch {
      // There is none, the store is read-only, or another process removes them too.
    }
  }
}

/**
 * Identifies where a process id is valid. On Linux, containers with the same host name may have separate
 * process ids.
 */
function machine(): string {
  const name = hostname().replace(/[^\w-]/g, '_');
  try {
    return `${name}-${readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')}`;
  } catch {
    return name;
  }
}

const MACHINE = machine();

function isDead(name: string): boolean {
  const [where, pid] = name.split('.');
  if (where !== MACHINE) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}
