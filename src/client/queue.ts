import type { Client } from '@temporalio/client';

const WORKFLOW_TASKS = 1;

/** Where a worker of ours must poll. */
export interface Queue {
  taskQueue: string;
  namespace: string;
  /** The store's location, which a worker must be given too. */
  store: string;
}

/** Whether any worker has polled the task queue for workflows in the last minutes; `undefined` when the server does not say. */
export async function isPolled(client: Client, taskQueue: string): Promise<boolean | undefined> {
  try {
    const answer = await client.connection.withDeadline(Date.now() + 5_000, () =>
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

export function noWorkerMessage({ taskQueue, namespace, store }: Queue): string {
  return (
    `No worker polls the task queue "${taskQueue}" in the namespace "${namespace}": the job waits until one does. ` +
    `Start one with "anthropic-batch worker --store ${store} --task-queue ${taskQueue}", or a worker of your own with the ` +
    'AnthropicBatchPlugin and the same store.'
  );
}
