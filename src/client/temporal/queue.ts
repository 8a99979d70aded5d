import type { Client } from '@temporalio/client';
import type { Context } from '../context';

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
