import { randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { readdir, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { codeOf } from './file-errors';

const DAY = 24 * 60 * 60_000;

/**
 * The temporary files of a file store: one folder for all, and the names say whose they are, so that what died writers left is
 * found without a search. Keys never begin with a dot, so the folder is no key.
 */
export class Temporaries {
  readonly folder: string;

  constructor(root: string) {
    this.folder = join(root, '.tmp');
  }

  /** A new name. */
  path(): string {
    return join(this.folder, `${MACHINE}.${process.pid}.${randomUUID()}`);
  }

  /**
   * Removes the files of writers that died: at once where that can be told, on the same machine; else those into which nothing
   * was written for a day.
   */
  async sweep(): Promise<void> {
    try {
      for (const name of await readdir(this.folder)) {
        const path = join(this.folder, name);
        // A writer that is paused and wakes after this finds its file gone and fails: no harm to what is stored.
        if (isDead(name) || Date.now() - (await stat(path)).mtimeMs > DAY) await unlink(path);
      }
    } catch {
      // There is none, or the store is read-only, or another process sweeps too.
    }
  }
}

/** Where a process id means something: on Linux, containers of one host name may count their processes each for itself. */
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
