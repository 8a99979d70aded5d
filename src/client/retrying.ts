import { type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import type { JobRef } from '../job/job';
import { inOrder } from '../lines/in-order';
import { wholeMessage } from '../store/problems';
import type { Context } from './context';

/** A step that failed and that Temporal tries again. */
export interface RetryingStep {
  /** The workflow id: the job's, a chunk's (`JOB/chunk-3`) or a segment's. */
  workflow: string;
  /** The activity's name, such as `anthropicPlan`. */
  step: string;
  /** The attempt that runs now, or is next. */
  attempt: number;
  /** Why the last attempt failed. */
  failure: string;
}

/** Workflows that are asked about: a job may have more chunks than a person would wait for. */
const MOST = 200;
const AT_ONCE = 10;
const PATIENCE = 5_000;

/**
 * The steps of a job's workflow, and of the chunks and segments below it, that are being retried; of the first 200 of them. Asks the
 * server alone, and no workflow.
 */
export async function retryingSteps(
  context: Context,
  job: JobRef,
  top: WorkflowExecutionDescription,
): Promise<RetryingStep[]> {
  const found: RetryingStep[] = [];
  let asked = 1;
  for (let level = [top]; level.length > 0; ) {
    const below: string[] = [];
    for (const description of level) {
      found.push(...failing(description));
      for (const { workflowId } of description.raw.pendingChildren ?? [])
        if (workflowId) below.push(workflowId);
    }
    const ids = below.slice(0, MOST - asked);
    asked += ids.length;
    level = [];
    for await (const description of inOrder(ids, { atOnce: AT_ONCE }, (id) => describe(context, id)))
      if (description) level.push(description);
  }
  return Promise.all(found.map((step) => withWholeMessage(context, job, step)));
}

function failing({ workflowId, raw }: WorkflowExecutionDescription): RetryingStep[] {
  return (raw.pendingActivities ?? []).flatMap(({ activityType, attempt, lastFailure }) =>
    lastFailure
      ? [
          {
            workflow: workflowId,
            step: activityType?.name ?? '',
            attempt: attempt ?? 1,
            failure: lastFailure.message ?? '',
          },
        ]
      : [],
  );
}

/** @returns `undefined` for a workflow that has ended since. */
async function describe(
  { client }: Context,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.connection.withDeadline(Date.now() + PATIENCE, () =>
      client.workflow.getHandle(workflowId).describe(),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Temporal has the public message alone; the store has the rest for the job's owner. */
async function withWholeMessage({ store }: Context, job: JobRef, step: RetryingStep): Promise<RetryingStep> {
  const chunk = /\/chunk-(\d+)/.exec(step.workflow)?.[1];
  const scope = { job, chunk: chunk === undefined ? undefined : Number(chunk) };
  try {
    return { ...step, failure: await wholeMessage(store, scope, step.failure) };
  } catch {
    // The store may be what fails.
    return step;
  }
}
