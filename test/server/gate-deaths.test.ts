// `npm run chaos -- --gate` is a manual measurement. This test runs it with one process for each delay, so
// that it keeps working.
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

it('the measurement of deaths just after the gate counts the batches that exist', async () => {
  const env = { ...process.env, GATE_KILLS: '1', GATE_RATES: '50' };
  const { stdout } = await run(process.execPath, [resolve('test/chaos/gate.mjs')], { env });
  expect(stdout).toMatch(/^\| 50 MB\/s \| [01] \| [01] \| [01] \|$/m);
});
