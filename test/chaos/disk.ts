import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const MEGABYTE = 1024 * 1024;

/** The disk of the run's store. It can be filled and freed again. */
export interface Disk {
  /** A description for people. */
  kind: string;
  /** The store's folder. */
  folder: string;
  /** While this file exists, workers treat the disk as full. Unset for a real disk. */
  fullFlag?: string;
  fill(): Promise<void>;
  free(): Promise<void>;
}

/**
 * Opens the disk. `mount` is a small disk of this run's own, which is really filled. Without one the store is
 * in `folder`, and the workers simulate the full disk.
 */
export async function openDisk(mount: string | undefined, folder: string): Promise<Disk> {
  await mkdir(folder, { recursive: true });
  return mount === undefined ? played(folder) : mounted(mount);
}

function mounted(mount: string): Disk {
  const filler = join(mount, 'filler');
  return {
    kind: 'a mount of its own, filled to the last byte',
    folder: join(mount, 'store'),
    fill: () => fill(filler),
    free: () => rm(filler, { force: true }),
  };
}

async function fill(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let size = 16 * MEGABYTE; size >= 1; ) {
      try {
        await file.appendFile(Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        size = Math.floor(size / 16);
      }
    }
  } finally {
    await file.close();
  }
}

function played(folder: string): Disk {
  const fullFlag = join(folder, 'full');
  return {
    kind: 'played by the workers',
    folder: join(folder, 'store'),
    fullFlag,
    fill: () => writeFile(fullFlag, ''),
    free: () => rm(fullFlag, { force: true }),
  };
}
