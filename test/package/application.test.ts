import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { beforeAll, expect, it } from 'vitest';
import { runCommand, startChild } from '../../src/servers';
import { own } from '../support/cleanup';
import { type SimulatorProcess, spawnSimulator } from '../support/cli';
import { type OwnServer, ownServer } from '../support/dev-server';
import { eventually, Hopeless } from '../support/eventually';
import { type InstalledPackage, installPackage } from './install';
import { readmeProgram } from './readme';

let installed: InstalledPackage;
let server: OwnServer;
let simulator: SimulatorProcess;
let client: Client;

beforeAll(async () => {
  installed = await installPackage();
  server = await ownServer();
  simulator = await spawnSimulator();
  client = await server.client();
});

it.each(['esm', 'cjs'] as const)(
  'the README’s worker and application run from the tarball, as %s',
  async (kind) => {
    const options = {
      cwd: join(installed.dir, kind),
      env: {
        TEMPORAL_ADDRESS: server.address,
        ANTHROPIC_BASE_URL: simulator.url,
        ANTHROPIC_API_KEY: 'test-key',
      },
    };
    const write = async (name: string) => {
      const file = join(installed.dir, kind, name.replace('.ts', '.js'));
      await writeFile(file, await readmeProgram(name, kind));
      return file;
    };
    const worker = await startChild(process.execPath, [await write('worker.ts')], options);
    own(() => worker.kill());
    await eventually(async () => {
      if (worker.ended !== undefined) throw new Hopeless(`The worker ended:\n${worker.output}`);
      return await isPolled();
    });

    const application = await write('application.ts');
    const { code, output } = await runCommand(process.execPath, [application], {
      ...options,
      timeout: 110_000,
    });
    expect(output).toMatch(/succeeded/);
    expect(code).toBe(0);
    await worker.stop();
  },
);

async function isPolled(): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: 'default',
    taskQueue: { name: 'anthropic-batch' },
    taskQueueType: 1,
  });
  return (pollers ?? []).length > 0;
}
