import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import {
  type BundleOptions,
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { AnthropicBatchPlugin, type AnthropicBatchPluginOptions } from 'temporal-anthropic-batch';
import { beforeEach, expect, test } from 'vitest';
import { startChild } from '../../src/servers';
import { own } from '../support/cleanup';
import { attempts, expectAllAnswered, expectBilledOnce } from '../support/job-checks';
import { documents, type JobWorld, jobWorld } from '../support/job-world';

const users = join(__dirname, 'plugin-users');
const workflowsPath = join(users, 'workflows.mjs');
const activities = { greet: async (name: string) => `Hello, ${name}!` };

/** The warnings of the workers and the bundler. */
const warned: string[] = [];
const logger = new DefaultLogger('WARN', ({ message }) => warned.push(message));

beforeEach(async () => {
  warned.length = 0;
  // The runtime ends, with its logger, when the last connection of a test is closed.
  await Runtime.instance().shutdown();
  Runtime.install({ logger });
});

test('it works beside a user’s own workflows and activities, without a warning', async () => {
  const world = await jobWorld();
  await run(world, { workflowsPath, activities });
  await jobAndGreeting(world);
  expect(warned).toEqual([]);
});

test('it works with a prebuilt bundle of a user’s own workflows, without a warning', async () => {
  const world = await jobWorld();
  const plugins = [plugin(world)];
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, plugins, logger });
  await run(world, { workflowBundle, activities });
  await jobAndGreeting(world);
  expect(warned).toEqual([]);
});

test('it works with a prebuilt bundle of its workflows alone, without a warning', async () => {
  const world = await jobWorld();
  // The types require a path, which the plugin provides.
  const options = { plugins: [plugin(world)], logger } as unknown as BundleOptions;
  const workflowBundle = await bundleWorkflowCode(options);
  await run(world, { workflowBundle });
  await jobDone(world);
  expect(warned).toEqual([]);
});

test('a worker for activities only and one for workflows only share a task queue', async () => {
  const world = await jobWorld();
  const doing = await run(world, {}, { workflows: false });
  expect(doing.options.workflowsPath).toBeUndefined();
  // Workflows need only their interceptors: a worker without activities needs no plugin.
  const options = { workflowsPath, workflowInterceptorModules: [workflowsPath], logger };
  await runWorker(world, { workflowBundle: await bundleWorkflowCode(options) });
  await jobDone(world);
  // Temporal logs these for an intended setup.
  expect(warned).toEqual([
    'No workflows registered, not polling for workflow tasks',
    'No activities registered, not polling for activity tasks',
  ]);
});

test.each(['mjs', 'cjs'])(
  'a worker.%s with a client of its own runs jobs and understands refusals',
  async (end) => {
    const world = await jobWorld();
    // If the refusal were not understood, the job would search for the batch for half an hour.
    world.simulator.faults.set({ http: [{ kind: 'status', status: 529, endpoint: 'create' }] });
    const { server, taskQueue, store, simulator } = world;
    const args = [server.address, server.namespace, taskQueue, store, simulator.url];
    const worker = await startChild(process.execPath, [join(users, `worker.${end}`), ...args]);
    own(() => worker.kill());
    await jobDone(world);
    expect(await attempts(store)).toEqual(['commit not-created', 'commit created']);
    expect(worker.output).not.toMatch(/WARN|ERROR/);
    await worker.stop();
    expect(worker.ended).toBe(0);
  },
);

async function jobDone(world: JobWorld): Promise<void> {
  const input = documents(10);
  const job = await world.start({ input: { documents: input } });
  const summary = await job.result();
  await expectAllAnswered(job, summary, input);
  await expectBilledOnce(world.simulator, summary);
}

async function jobAndGreeting(world: JobWorld): Promise<void> {
  const { client, taskQueue } = world;
  const greeting = client.workflow.execute('greeting', {
    workflowId: `greeting-${taskQueue}`,
    taskQueue,
    args: ['you'],
  });
  await jobDone(world);
  expect(await greeting).toBe('Hello, you!');
}

function plugin({ store, simulator }: JobWorld, options: Partial<AnthropicBatchPluginOptions> = {}) {
  const anthropic = new Anthropic({ baseURL: simulator.url, apiKey: 'test-key' });
  return new AnthropicBatchPlugin({ store, anthropic, ...options });
}

const run = (
  world: JobWorld,
  options: Partial<WorkerOptions>,
  pluginOptions?: Partial<AnthropicBatchPluginOptions>,
) => runWorker(world, { ...options, plugins: [plugin(world, pluginOptions)] });

async function runWorker({ connection, server, taskQueue }: JobWorld, options: Partial<WorkerOptions>) {
  const worker = await Worker.create({ connection, namespace: server.namespace, taskQueue, ...options });
  const ended = worker.run();
  ended.catch(() => {});
  own(async () => {
    worker.shutdown();
    await ended;
  });
  return worker;
}
