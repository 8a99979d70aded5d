import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { JobRef } from '../../job/job';
import { isWaiting } from '../../job/waiting';
import { wholeMessage } from '../../records/problems';
import { runningParts } from '../../temporal/running-parts';
import type { Context } from '../context';

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
  for await (const description of runningParts(context.client, [top], MOST))
    found.push(...failing(description));
  return Promise.all(found.map((step) => withWholeMessage(context, job, step)));
}

function failing({ workflowId, raw }: WorkflowExecutionDescription): RetryingStep[] {
  return (raw.pendingActivities ?? []).flatMap(({ activityType, attempt, lastFailure }) =>
    lastFailure && !isWaiting(activityType?.name ?? '')
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
