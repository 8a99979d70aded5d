import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { runCommand, startChild } from '../../src/servers';
import { own } from '../support/cleanup';
import { type SimulatorProcess, spawnSimulator } from '../support/cli';
import { ownServer } from '../support/dev-server';
import { root } from '../support/root';
import { tempDir } from '../support/temp-dir';

let simulator: SimulatorProcess;
beforeAll(async () => {
  simulator = await spawnSimulator({ args: ['--duration', '300ms'] });
});

/** Runs an example's worker and then its application. Returns the application's output. */
async function run(example: string): Promise<string> {
  // The examples use the default namespace and task queue.
  const server = await ownServer();
  const options = {
    cwd: await tempDir(),
    env: { ...server.env, ANTHROPIC_BASE_URL: simulator.url, ANTHROPIC_API_KEY: 'any' },
  };
  const file = (name: string) => join(root, 'examples', example, name);
  const worker = await startChild(process.execPath, [file('worker.mjs')], options);
  own(() => worker.kill());
  // Both can be started at once, as in two terminals.
  const application = await runCommand(process.execPath, [file('application.mjs')], {
    ...options,
    timeout: 60_000,
  });
  expect(application, worker.output).toMatchObject({ code: 0 });
  return application.stdout;
}

it.concurrent('the application example prints its results', async () => {
  const output = await run('application');
  expect(output).toMatch(/3 of 3 succeeded\nr-1 /);
});

it.concurrent("the example beside a user's own workflows counts its verdicts", async () => {
  expect(await run('own-workflows')).toBe('{ succeeded: 2 }\n');
});
