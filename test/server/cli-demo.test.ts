import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { runCli, spawnCli } from '../support/cli';
import { eventually } from '../support/eventually';
import { tempDir } from '../support/temp-dir';

const env = () => ({ TEMPORAL_CLI_PATH: inject('temporalServer') });

/** Processes that the demo says it started. */
const pidsIn = (output: string) => [...output.matchAll(/process (\d+)/g)].map((match) => Number(match[1]));

function stands(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it('the demo finishes 25,000 documents although a worker is killed, and leaves no process behind', async () => {
  const cwd = await tempDir();
  const { code, stdout, stderr } = await runCli(['demo'], { cwd, env: env(), timeout: 400_000 });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  // Meanwhile it keeps reporting its progress.
  expect(stderr).toMatch(/kill -9 \d+ kills the worker\n(running .*\n)?.*another worker, process \d+/);
  expect(stdout).toMatch(/25,000 of 25,000 have a result, every id once, in input order/);
  expect(stdout).toMatch(/3 batches for 3 chunks, 1 round each; the API holds 3$/m);
  expect(stdout.match(/^ {2}review-\d+ {2}\S.*$/gm)).toHaveLength(3);
  expect(stdout).toMatch(/^cost +\d+\.\d+ USD \(standard .* at Anthropic's prices/m);
  const results = /^results +(.*)$/m.exec(stdout)?.[1] as string;
  expect((await readFile(join(cwd, results, '000002.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(5_000);
  expect(pidsIn(stderr).filter(stands)).toEqual([]);
  // The Web UI has ended too, so no address of it stands at the end.
  expect(stdout).not.toContain('http');
  expect(stderr.trim().split('\n').at(-1)).toMatch(/their Web UI end with the demo\. With --keep/);
}, 500_000);

it('Ctrl-C ends the demo and all its processes', async () => {
  const demo = await spawnCli(['demo'], { cwd: await tempDir(), env: env(), until: /3 running · 3 batches/ });
  const ui = /Web UI: (\S+)/.exec(demo.stderr)?.[1] as string;
  expect((await fetch(ui)).ok).toBe(true);
  process.kill(demo.pid, 'SIGINT');
  expect(await demo.exit).toBe(130);
  expect(pidsIn(demo.stderr).filter(stands)).toEqual([]);
  await eventually(() =>
    fetch(ui).then(
      () => false,
      () => true,
    ),
  );
});
