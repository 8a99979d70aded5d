import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCommand, startChild } from '../../src/servers';
import { own } from '../support/cleanup';
import { type SimulatorProcess, spawnSimulator } from '../support/cli';
import { type OwnServer, ownServer } from '../support/dev-server';
import { eventually, Hopeless } from '../support/eventually';
import { readmeBlock } from '../support/readme';
import { type InstalledPackage, installPackage } from './install';

let installed: InstalledPackage;
let server: OwnServer;
let simulator: SimulatorProcess;

beforeAll(async () => {
  installed = await installPackage();
  server = await ownServer();
  simulator = await spawnSimulator();
});

/**
 * An empty folder of the project with the installed tarball, and the environment of a person who tries the
 * README.
 */
async function newFolder(name: string) {
  const cwd = join(installed.dir, name);
  await mkdir(cwd);
  const env = {
    TEMPORAL_ADDRESS: server.address,
    ANTHROPIC_BASE_URL: simulator.url,
    ANTHROPIC_API_KEY: 'test-key',
    PATH: `${join(installed.dir, 'node_modules', '.bin')}:${process.env.PATH}`,
  };
  return { cwd, env };
}

async function polledBy(worker: Awaited<ReturnType<typeof startChild>>): Promise<void> {
  const client = await server.client();
  await eventually(
    async () => {
      if (worker.ended !== undefined) throw new Hopeless(`The worker ended:\n${worker.output}`);
      const { pollers } = await client.workflowService.describeTaskQueue({
        namespace: 'default',
        taskQueue: { name: 'anthropic-batch' },
        taskQueueType: 1,
      });
      return pollers?.some(({ identity }) => identity?.startsWith(`${worker.pid}@`));
    },
    { timeout: 60_000 },
  );
}

describe('the README', () => {
  it('has two files that run unchanged as ES modules', async () => {
    const place = await newFolder('as-written');
    const write = async (name: string) => {
      const file = join(place.cwd, name.replace('.ts', '.mjs'));
      await writeFile(file, await readmeBlock(name));
      return file;
    };
    const worker = await startChild(process.execPath, [await write('worker.ts')], place);
    own(() => worker.kill());
    await polledBy(worker);
    const { code, output } = await runCommand(process.execPath, [await write('application.ts')], {
      ...place,
      timeout: 60_000,
    });
    expect(output).toContain('3 of 3 succeeded');
    expect(output.match(/^r-[123] /gm)).toEqual(['r-1 ', 'r-2 ', 'r-3 ']);
    expect(code).toBe(0);
    await worker.stop();
    expect(worker.ended).toBe(0);
  });

  it('has commands that run unchanged', async () => {
    const place = await newFolder('commands');
    const worker = await startChild('anthropic-batch', ['worker'], place);
    own(() => worker.kill());
    await polledBy(worker);
    // Works without a network: npx asks a registry only for packages that are not installed.
    const script = [
      await readmeBlock('the input and the template'),
      (await readmeBlock('start the job, show its progress, get the results')).replace(
        '--wait',
        '--wait --poll-floor 1s',
      ),
      'cat results.jsonl',
    ].join('\n');
    const { code, stdout, output } = await runCommand('sh', ['-e', '-c', script], {
      ...place,
      timeout: 90_000,
    });
    expect(output).toMatch(/state\s+completed/);
    expect(code).toBe(0);
    const results = stdout.split('\n').filter((line) => line.startsWith('{'));
    expect(results.map((line) => JSON.parse(line).id)).toEqual(['r-1', 'r-2', 'r-3']);
    await worker.stop();
  });
});
