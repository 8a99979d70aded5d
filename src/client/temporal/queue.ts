import type { Client } from '@temporalio/client';
import type { Context } from '../context';

const WORKFLOW_TASKS = 1;
const CALL_TIMEOUT = 5_000;

/**
 * Returns a message if no worker polls a task queue, with how to start one. Default: the client's own queue.
 *
 * @returns `undefined` if a worker has polled the queue in the last minutes, or if the server does not
 *   answer.
 */
export async function noWorker(context: Context, taskQueue = context.taskQueue): Promise<string | undefined> {
  return (await isPolled(context.client, taskQueue)) === false ? missing(context, taskQueue) : undefined;
}

function missing({ client, store }: Context, taskQueue: string): string {
  return (
    `No worker polls the task queue "${taskQueue}" in the namespace "${client.options.namespace}". ` +
    'The job waits until one does. ' +
    `Start one with "anthropic-batch worker --store ${store.location} --task-queue ${taskQueue}", or ` +
    'start your own worker with the ' +
    'AnthropicBatchPlugin and the same store.'
  );
}

/**
 * Returns whether a worker polled for workflow tasks in the last minutes, or `undefined` if the server does
 * not answer.
 */
async function isPolled(client: Client, taskQueue: string): Promise<boolean | undefined> {
  try {
    const answer = await client.connection.withDeadline(Date.now() + CALL_TIMEOUT, () =>
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
