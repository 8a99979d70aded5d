import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { refusedEvent, type StuckReason, type StuckWorkflow, type TaskEnd, taskFailures } from '../job/stuck';
import { runningParts } from './running-parts';
import { taskEnds } from './task-ends';

/** Finds the stuck workflows among the given ids and their segments and chunks. */
export async function stuckWorkflows(client: Client, ids: readonly string[]): Promise<StuckWorkflow[]> {
  const stuck: StuckWorkflow[] = [];
  for await (const description of runningParts(client, ids)) {
    if (description.status.name !== 'RUNNING') continue;
    const found = await stuckRun(client, description);
    if (found) stuck.push(found);
  }
  return stuck;
}

/**
 * Returns a run that is stuck: a workflow task is pending, and its earlier attempts failed. Else `undefined`.
 */
async function stuckRun(
  client: Client,
  { workflowId, runId, raw }: WorkflowExecutionDescription,
): Promise<StuckWorkflow | undefined> {
  if (!raw.pendingWorkflowTask) return undefined;
  const ends: TaskEnd[] = [];
  for await (const end of taskEnds(client, workflowId, runId)) {
    if (end.kind === 'completed') break;
    ends.push(end);
  }
  const failing = taskFailures(ends, raw.pendingWorkflowTask.attempt ?? 1);
  return failing && { workflow: workflowId, run: runId, ...failing };
}

/** Returns a message about a stuck workflow and what to do next. */
export function stuckMessage(
  jobId: string,
  { workflow, failures, since, reason, message }: StuckWorkflow,
): string {
  const which =
    workflow === jobId
      ? `The job ${JSON.stringify(jobId)}`
      : `The workflow ${JSON.stringify(workflow)} of the job ${JSON.stringify(jobId)}`;
  return (
    `${which} is stuck: ` +
    `its workflow task has failed at least ${failures} times in a row since ${since} (${message}). ` +
    NEXT[reason](jobId, message)
  );
}

const NEXT: Record<StuckReason, (jobId: string, message: string) => string> = {
  replay: (jobId, message) => {
    const refused = refusedEvent(message);
    const where = refused === undefined ? 'one workflow task back' : `to before event ${refused}`;
    return (
      'If you changed the workers’ version recently, go back to the earlier one. ' +
      'Otherwise "anthropic-batch reset ' +
      `${jobId}" resets it ${where}. Nothing is paid for twice.`
    );
  },
  error: (jobId) =>
    'It continues once workers poll that can run it: check the version and the log of your workers. ' +
    `"anthropic-batch reset ${jobId}" resets it one workflow task back. Nothing is paid for twice.`,
  timeout: () =>
    'It continues once a worker finishes the task: check the log, the load and the memory of your workers.',
};
