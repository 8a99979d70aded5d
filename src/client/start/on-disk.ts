import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { withScratchDir } from '../../scratch/scratch-dir';
import type { OpenedInput } from './whole-input';

/** Gives work a local file with the bytes of an input's copy, which can be read several times. */
export async function onDisk<T>(input: OpenedInput, work: (file: string) => Promise<T>): Promise<T> {
  if (input.path !== undefined && !input.isConverted) return work(input.path);
  return withScratchDir(async ({ path }) => {
    const file = join(path, 'input');
    await pipeline(input.bytes(), createWriteStream(file, { flags: 'wx', mode: 0o600 }));
    return work(file);
  });
}
