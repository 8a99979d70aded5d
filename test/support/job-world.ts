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

/** A namespace that a whole file shares, with its clients. */
export interface JobServer<Server = TestServer> {
  server: Server;
  client: Client;
  connection: NativeConnection;
}

/** Connects to a new namespace, or to a server of the test's own. */
export async function jobServer(): Promise<JobServer>;
export async function jobServer<Server extends TestServer>(own: Server): Promise<JobServer<Server>>;
export async function jobServer(server?: TestServer): Promise<JobServer> {
  server ??= await testServer();
  const client = await server.client();
  try {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
  } catch {
    // Another file of this process installed it.
  }
  const connection = await NativeConnection.connect({ address: server.address });
  own(() => connection.close());
  return { server, client, connection };
}

/** The environment of one test: a simulated API, a store, a task queue, and a client. */
export interface JobWorld extends JobServer {
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

let queues = 0;

export async function jobWorld(
  shared: JobServer,
  options: Partial<SimulatorOptions> = {},
): Promise<JobWorld> {
  const simulator = await startSimulator({ dir: await tempDir(), duration: 300, ...options });
  own(() => simulator.close());
  return { ...shared, ...(await clientWorld(shared)), simulator };
}

/**
 * Returns a world without an API, for tests with a simulator in its own process. Uses a new store unless one
 * is given.
 */
export async function clientWorld(
  { client }: Pick<JobServer, 'client'>,
  given?: string,
): Promise<Omit<JobWorld, 'simulator' | keyof JobServer>> {
  const store = given ?? (await tempDir());
  const taskQueue = `queue-${++queues}`;
  const warnings: string[] = [];
  const batches = new BatchClient(client, {
    store,
    taskQueue,
    onWarning: (message) => warnings.push(message),
  });
  return {
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
export async function workingWorld(
  shared: JobServer,
  options?: Partial<SimulatorOptions>,
): Promise<JobWorld> {
  const world = await jobWorld(shared, options);
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
