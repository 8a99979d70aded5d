import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { JobRef } from '../../job/job';
import { type StuckWorkflow, undoes } from '../../job/stuck';
import type { Context } from '../context';
import { JobStateError, quoted } from '../errors';
import { reconcileId } from './reconcile';
import { stuckWorkflows } from './stuck';
import { taskEnds } from './task-ends';

type EventId = Parameters<
  Client['workflowService']['resetWorkflowExecution']
>[0]['workflowTaskFinishEventId'];

/** Temporal's `ResetReapplyType`: signals, updates and cancellations that came later are not lost. */
const ALL_ELIGIBLE = 3;

/** A workflow that was reset. */
export interface ResetWorkflow {
  /** Its workflow id. */
  workflow: string;
  /** The run that took its place. */
  run: string;
  /** The event of the old run before which the new one goes on: the end of a workflow task, which is done again. */
  event: number;
}

/**
 * Resets each stuck workflow of a job to before the workflow task whose commands a replay refuses.
 *
 * @throws {JobStateError} where none is stuck, or one has no earlier task that was completed.
 */
export async function resetStuck({ client }: Context, job: JobRef): Promise<ResetWorkflow[]> {
  const jobId = job.id;
  const stuck = await stuckWorkflows(client, [jobId, reconcileId(job)]);
  if (stuck.length === 0) {
    throw new JobStateError(
      jobId,
      `No workflow of the job ${quoted(jobId)} is stuck: nothing was reset. "anthropic-batch status ${jobId}" shows how far it is.`,
    );
  }
  const points = await Promise.all(stuck.map((workflow) => resetPoint(client, jobId, workflow)));
  const reset: ResetWorkflow[] = [];
  // Chunks first: the new run of the job then finds those that stay its children.
  for (const [index, { workflow, run, message }] of [...stuck.entries()].reverse()) {
    const event = points[index]!;
    const { runId } = await client.workflowService.resetWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId: workflow, runId: run },
      // The encoder takes a number too.
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
    `The workflow ${quoted(stuck.workflow)} has no earlier point to reset it to, and nothing was reset: ${stuck.message} ` +
      'It goes on by itself once workers poll that can carry it.',
  );
}
