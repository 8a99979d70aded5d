import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import type { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { AnthropicBatchPlugin, type AnthropicBatchPluginOptions } from 'temporal-anthropic-batch';
import { BatchClient, type JobSpec, type StartOptions } from 'temporal-anthropic-batch/client';
import { type Simulator, type SimulatorOptions, startSimulator } from 'temporal-anthropic-batch/simulator';
import { own } from './cleanup';
import { type TestServer, testServer } from './dev-server';
import { root } from './root';
import { tempDir } from './temp-dir';
import { TEMPLATE } from './template';

/** The bundle of the command line's worker. Bundling for each worker would take seconds. */
export const workflowBundle = { codePath: join(root, 'dist', 'workflow-bundle.js') };

/** The environment of one test: a namespace, a simulated API, a store, a task queue, and a client. */
export interface JobWorld {
  server: TestServer;
  client: Client;
  connection: NativeConnection;
  simulator: Simulator;
  store: string;
  taskQueue: string;
  batches: BatchClient;
  /** Warnings of `BatchClient`. */
  warnings: string[];
  /** Starts a job with at least a second between polls. */
  start(
    options: Partial<JobSpec> & Pick<StartOptions, 'input'> & { id?: string },
  ): ReturnType<BatchClient['start']>;
}

/** Returns a world in a new namespace, or on a server of the test's own. */
export async function jobWorld(
  options: Partial<SimulatorOptions> = {},
  server?: TestServer,
): Promise<JobWorld> {
  const simulator = await startSimulator({ dir: await tempDir(), duration: 300, ...options });
  own(() => simulator.close());
  return { ...(await clientWorld({ server })), simulator };
}

let queues = 0;

/** Returns a world without an API, for tests with a simulator in its own process. */
export async function clientWorld(
  given: Partial<Pick<JobWorld, 'server' | 'store'>> = {},
): Promise<Omit<JobWorld, 'simulator'>> {
  const server = given.server ?? (await testServer());
  const store = given.store ?? (await tempDir());
  const client = await server.client();
  const connection = await connect(server);
  const taskQueue = `queue-${++queues}`;
  const warnings: string[] = [];
  const batches = new BatchClient(client, {
    store,
    taskQueue,
    onWarning: (message) => warnings.push(message),
  });
  return {
    server,
    client,
    connection,
    store,
    taskQueue,
    batches,
    warnings,
    start: ({ input, ...spec }) =>
      batches.start({
        template: TEMPLATE,
        pollFloor: '1s',
        pollCeiling: '2s',
        ...spec,
        input,
      } as StartOptions),
  };
}

/** Opens a connection for workers, which is closed at the end of the test. */
export async function connect({ address }: Pick<TestServer, 'address'>): Promise<NativeConnection> {
  try {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
  } catch {
    // An earlier test of the file installed it, or the file its own.
  }
  const connection = await NativeConnection.connect({ address });
  own(() => connection.close());
  return connection;
}

/**
 * Starts a worker in the test's own process. It ends with the test, and runs the package's workflows unless
 * it is given others.
 */
export async function runWorker(
  world: JobWorld,
  plugin: Partial<AnthropicBatchPluginOptions> = {},
  options: Partial<WorkerOptions> = {},
): Promise<Worker> {
  const { connection, server, taskQueue, store, simulator } = world;
  const worker = await Worker.create({
    connection,
    namespace: server.namespace,
    taskQueue,
    workflowBundle,
    plugins: [
      new AnthropicBatchPlugin({
        store,
        anthropic: new Anthropic({ baseURL: simulator.url, apiKey: 'test-key' }),
        ...plugin,
      }),
    ],
    shutdownForceTime: '20s',
    ...options,
  });
  const ended = worker.run();
  // The error is thrown when the worker is shut down. Until then, it must not be an unhandled rejection.
  ended.catch(() => {});
  own(async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await ended;
  });
  return worker;
}

/** Returns a client of the world's API without a key, independent of the environment. */
export const withoutKey = ({ simulator }: Pick<JobWorld, 'simulator'>) =>
  new Anthropic({ baseURL: simulator.url, apiKey: null, authToken: null });

/** Returns a world with a worker. */
export async function workingWorld(...args: Parameters<typeof jobWorld>): Promise<JobWorld> {
  const world = await jobWorld(...args);
  await runWorker(world);
  return world;
}

export interface TestDocument {
  id: string;
  text: string;
}

/** Returns documents `doc-0`, `doc-1` …, with the texts that `text` returns. */
export function documents(count: number, text = (index: number) => `Document ${index}`): TestDocument[] {
  return Array.from({ length: count }, (_, index) => ({ id: `doc-${index}`, text: text(index) }));
}
