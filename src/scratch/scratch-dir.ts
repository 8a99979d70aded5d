// scratch/: temporary files on local disk, for data that is needed in another order than it comes in. Start
// here. May import src/lines.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScratchFile } from './scratch-file';

/** A folder on local disk, with its open files. */
export class ScratchDir {
  /** By number. */
  readonly files: ScratchFile[] = [];

  constructor(readonly path: string) {}

  /** Creates a file. @returns its number */
  async create(): Promise<number> {
    const number = this.files.length;
    this.files.push(await ScratchFile.create(join(this.path, String(number))));
    return number;
  }

  async close(): Promise<void> {
    await Promise.all(this.files.map((file) => file.close()));
  }
}

/** Runs work with a temporary folder. Closes its files and removes the folder once the work has ended. */
export async function withScratchDir<T>(work: (scratch: ScratchDir) => Promise<T>): Promise<T> {
  const scratch = new ScratchDir(await mkdtemp(join(tmpdir(), 'anthropic-batch-')));
  try {
    return await work(scratch);
  } finally {
    await scratch.close();
    await rm(scratch.path, { recursive: true, force: true });
  }
}
