import type { Client } from '@temporalio/client';
import type { Context } from './context';
import { NoWorkerError } from './errors';
import { GRPC, grpcStatus } from './grpc';

const WORKFLOW_TASKS = 1;
const PATIENCE = 5_000;

/**
 * Says that no worker polls a task queue, and how to start one. Default: the client's own queue.
 *
 * @returns `undefined` when a worker has polled the queue in the last minutes, and when the server does not answer.
 */
export async function noWorker(context: Context, taskQueue = context.taskQueue): Promise<string | undefined> {
  return (await isPolled(context.client, taskQueue)) === false ? missing(context, taskQueue) : undefined;
}

/**
 * Turns the timeout of a call that only a worker can answer into an error that names the cause: no worker polls the job's
 * task queue, or its workers are busy. Returns any other error as it is, that of a server which does not answer among them.
 *
 * @param what the first half of the message, such as `The job "a" did not pause within 30 s`
 */
export async function withoutAnswer(
  context: Context,
  taskQueue: string,
  what: string,
  error: unknown,
): Promise<unknown> {
  const polled = await isPolled(context.client, taskQueue);
  if (polled === undefined) return error;
  if (!polled) return new NoWorkerError(`${what}. ${missing(context, taskQueue)}`, { cause: error });
  if (grpcStatus(error)?.code !== GRPC.deadlineExceeded) return error;
  return new NoWorkerError(
    `${what}: the workers that poll the task queue "${taskQueue}" gave no answer. They may be busy, or may have just stopped. Try again.`,
    { cause: error },
  );
}

function missing({ client, store }: Context, taskQueue: string): string {
  return (
    `No worker polls the task queue "${taskQueue}" in the namespace "${client.options.namespace}": the job waits until one does. ` +
    `Start one with "anthropic-batch worker --store ${store.location} --task-queue ${taskQueue}", or a worker of your own with the ` +
    'AnthropicBatchPlugin and the same store.'
  );
}

/** Whether any worker has polled the task queue for workflows in the last minutes; `undefined` when the server does not say. */
async function isPolled(client: Client, taskQueue: string): Promise<boolean | undefined> {
  try {
    const answer = await client.connection.withDeadline(Date.now() + PATIENCE, () =>
      client.workflowService.describeTaskQueue({
        namespace: client.options.namespace,
        taskQueue: { name: taskQueue },
        taskQueueType: WORKFLOW_TASKS,
      }),
    );
    return (answer.pollers ?? []).length > 0;
  } catch {
    return undefined;
  }
}
