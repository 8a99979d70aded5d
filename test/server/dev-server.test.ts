import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { startDevServer } from '../../src/servers';
import { own } from '../support/cleanup';
import { tempDir } from '../support/temp-dir';

/** An executable that counts its starts, and runs `then` from start number `from` on. */
async function failing(dir: string, from: number, then: string): Promise<string> {
  const path = join(dir, 'temporal');
  const count = `echo x >> "${dir}/starts"; [ "$(wc -l < "${dir}/starts")" -lt ${from} ]`;
  await writeFile(
    path,
    `#!/bin/sh\n${count} && { echo "address already in use"; exit 2; }\nexec ${then} "$@"\n`,
    {
      mode: 0o755,
    },
  );
  return path;
}

const starts = async (dir: string) => (await readFile(join(dir, 'starts'), 'utf8')).split('\n').length - 1;

test('a Temporal server that another process robs of a port is started again', async () => {
  const dir = await tempDir();
  const server = await startDevServer({ executable: await failing(dir, 2, inject('temporalServer')) });
  own(() => server.kill());
  expect(await starts(dir)).toBe(2);
});

test('a Temporal server that never starts is an error with what it wrote', async () => {
  const dir = await tempDir();
  const start = startDevServer({ executable: await failing(dir, 9, 'true') });
  await expect(start).rejects.toThrow(/The Temporal server ended with 2\. It wrote: address already in use/);
  expect(await starts(dir)).toBe(3);
});
