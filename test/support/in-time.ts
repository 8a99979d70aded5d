import type { JobHandle } from 'temporal-anthropic-batch/client';
import type { JobWorld } from './job-world';

/** Number of a history's last events that the error lists. */
const LAST = 6;

/** Waits for jobs. @throws after `ms` milliseconds, with the server's state of their running workflows */
export async function inTime<T>(
  { client }: Pick<JobWorld, 'client'>,
  jobs: readonly JobHandle[],
  work: Promise<T>,
  ms = 300_000,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), ms);
  });
  try {
    const first = await Promise.race([work.then((value) => ({ value })), late]);
    if (first !== 'late') return first.value;
    const stories = await Promise.all(jobs.map(({ id }) => storyOf(client, id)));
    throw new Error(`Not done within ${ms / 1_000} s:\n${stories.join('\n')}`);
  } finally {
    clearTimeout(timer);
  }
}

async function storyOf(client: JobWorld['client'], job: string): Promise<string> {
  const lines: string[] = [];
  const query = `WorkflowId STARTS_WITH "${job}" AND ExecutionStatus = "Running"`;
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const { raw } = await handle.describe();
    const { events } = await handle.fetchHistory();
    const { pendingWorkflowTask, pendingActivities, pendingChildren } = raw;
    lines.push(
      `${workflowId}: ${JSON.stringify({ pendingWorkflowTask, pendingActivities, children: pendingChildren?.length })}`,
      ...(events ?? []).slice(-LAST).map((event) => `  ${event.eventId} ${kindOf(event)}`),
    );
  }
  return lines.join('\n');
}

const kindOf = (event: object) =>
  Object.entries(event).find(([name, value]) => name.endsWith('Attributes') && value)?.[0];
