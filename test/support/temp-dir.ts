import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { own } from './cleanup';

const standing = new Set<string>();
const REMOVE = { recursive: true, force: true, maxRetries: 5 } as const;

process.once('exit', () => {
  for (const dir of standing) rmSync(dir, REMOVE);
});

/** Creates an empty folder. It is removed after the test, or after the file if called in `beforeAll`. */
export async function tempDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'temporal-anthropic-batch-test-'));
  standing.add(dir);
  own(async () => {
    await rm(dir, REMOVE);
    standing.delete(dir);
  });
  return dir;
}
