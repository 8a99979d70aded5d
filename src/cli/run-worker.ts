import type { NativeConnection, WorkerOptions } from '@temporalio/worker';
import { temporalConfig, unreachable } from './connect';
import type { Probed } from './health';
import { say } from './output/print';
import { temporalReached } from './ready';
import { installRuntime, type RuntimeSettings } from './worker-runtime';

/** What is said and served of a running worker. */
export interface Running {
  store: string;
  /** The end of the line that says that the worker is ready. */
  more: readonly string[];
  /** The logs and metrics of the process. */
  runtime: RuntimeSettings;
  /** Receives the connection and the worker. */
  probed: Probed;
}

/** Connects to Temporal and runs a worker until it is shut down. Says when the worker is ready. */
export async function runWorker(
  options: Omit<WorkerOptions, 'connection'>,
  { store, more, runtime, probed }: Running,
): Promise<void> {
  await temporalReached();
  // From here on, Temporal's runtime handles signals: it shuts the worker down.
  await installRuntime(runtime);
  const { NativeConnection, Worker } = await import('@temporalio/worker');
  const { connectionOptions, namespace, address } = temporalConfig();
  const connection = await NativeConnection.connect({ ...connectionOptions, address }).catch((error) => {
    throw unreachable(address, error);
  });
  probed.connection = connection;
  try {
    const worker = await Worker.create({ ...options, connection, namespace });
    probed.worker = worker;
    const done = worker.run();
    const stopped = done.catch(() => {});
    const { taskQueue } = options;
    await Promise.race([stopped, polling(connection, namespace, taskQueue, worker.options.identity)]);
    if (worker.getState() === 'RUNNING') {
      const told = [
        `task queue ${taskQueue}`,
        `namespace ${namespace}`,
        `store ${store}`,
        `Temporal ${address}`,
      ];
      say(`Worker ready: ${[...told, ...more].join(', ')}`);
    }
    await done;
  } finally {
    await connection.close().catch(() => {});
  }
}

/** Waits until the server lists this worker as a poller, at most 10 seconds. */
async function polling(
  connection: NativeConnection,
  namespace: string,
  taskQueue: string,
  identity: string,
): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    const answer = await connection.workflowService
      .describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType: 1 })
      .catch(() => undefined);
    if (answer?.pollers?.some((poller) => poller.identity === identity)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
