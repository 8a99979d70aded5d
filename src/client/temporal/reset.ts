import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { JobRef } from '../../job/job';
import { type StuckWorkflow, undoes } from '../../job/stuck';
import { stuckWorkflows } from '../../temporal/stuck';
import { taskEnds } from '../../temporal/task-ends';
import type { Context } from '../context';
import { JobStateError, quoted } from '../errors';
import { reconcileId } from './reconcile';

type EventId = Parameters<
  Client['workflowService']['resetWorkflowExecution']
>[0]['workflowTaskFinishEventId'];

/** Temporal's `ResetReapplyType` that keeps later signals, updates and cancellations. */
const ALL_ELIGIBLE = 3;

/** A workflow that was reset. */
export interface ResetWorkflow {
  /** Its workflow id. */
  workflow: string;
  /** The new run. */
  run: string;
  /**
   * The event of the old run before which the new run continues: the end of a workflow task, which runs
   * again.
   */
  event: number;
}

/**
 * Resets each stuck workflow of a job to before the workflow task whose commands a replay rejects.
 *
 * @throws {JobStateError} if none is stuck, or if one has no earlier completed task.
 */
export async function resetStuck({ client }: Context, job: JobRef): Promise<ResetWorkflow[]> {
  const jobId = job.id;
  const stuck = await stuckWorkflows(client, [jobId, reconcileId(job)]);
  if (stuck.length === 0) {
    throw new JobStateError(
      jobId,
      `No workflow of the job ${quoted(jobId)} is stuck, and nothing was reset. ` +
        `"anthropic-batch status ${jobId}" shows the progress.`,
    );
  }
  const points = await Promise.all(stuck.map((workflow) => resetPoint(client, jobId, workflow)));
  const reset: ResetWorkflow[] = [];
  // Children first, so that the new run of the job finds the children that it keeps.
  for (const [index, { workflow, run, message }] of [...stuck.entries()].reverse()) {
    const event = points[index]!;
    const { runId } = await client.workflowService.resetWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId: workflow, runId: run },
      // The encoder also accepts a number.
      workflowTaskFinishEventId: event as unknown as EventId,
      requestId: randomUUID(),
      reason: `stuck: ${message}`,
      resetReapplyType: ALL_ELIGIBLE,
    });
    reset.push({ workflow, run: runId, event });
  }
  return reset;
}

async function resetPoint(client: Client, jobId: string, stuck: StuckWorkflow): Promise<number> {
  for await (const end of taskEnds(client, stuck.workflow, stuck.run)) {
    if (undoes(end, stuck)) return end.event;
  }
  throw new JobStateError(
    jobId,
    `The workflow ${quoted(stuck.workflow)} has no earlier point to reset to, and nothing was reset: ` +
      `${stuck.message} ` +
      'The workflow continues once workers poll that can run it.',
  );
}
