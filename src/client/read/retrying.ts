import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { JobRef } from '../../job/job';
import { isWaiting } from '../../job/waiting';
import { wholeMessage } from '../../records/problems';
import { lastFailureText } from '../../temporal/failure-text';
import { runningParts } from '../../temporal/running-parts';
import type { Context } from '../context';

/** A step that failed and that Temporal retries. */
export interface RetryingStep {
  /** The workflow id of the job, of a chunk (`JOB/chunk-3`) or of a segment. */
  workflow: string;
  /** The activity's name, such as `anthropicPlan`. */
  step: string;
  /** The number of the current or next attempt. */
  attempt: number;
  /** The reason why the last attempt failed. */
  failure: string;
}

/** The most workflows that are described: to describe all chunks of a large job takes too long. */
const MOST = 200;

/**
 * Returns the steps that are being retried in a job's workflow and in the chunks and segments below it, in at
 * most 200 workflows. Uses only the server's descriptions and queries no workflow.
 */
export async function retryingSteps(
  context: Context,
  job: JobRef,
  top: WorkflowExecutionDescription,
): Promise<RetryingStep[]> {
  const found: RetryingStep[] = [];
  for await (const description of runningParts(context.client, [top], MOST))
    found.push(...(await failing(context, description)));
  return Promise.all(found.map((step) => withWholeMessage(context, job, step)));
}

async function failing(
  { client }: Context,
  { workflowId, raw }: WorkflowExecutionDescription,
): Promise<RetryingStep[]> {
  const steps: RetryingStep[] = [];
  for (const activity of raw.pendingActivities ?? []) {
    const step = activity.activityType?.name ?? '';
    const failure = isWaiting(step) ? undefined : await lastFailureText(client, workflowId, activity);
    if (failure === undefined) continue;
    steps.push({ workflow: workflowId, step, attempt: activity.attempt ?? 1, failure });
  }
  return steps;
}

/** Replaces the public message, which is all that Temporal has, by the full message from the store. */
async function withWholeMessage({ store }: Context, job: JobRef, step: RetryingStep): Promise<RetryingStep> {
  const chunk = /\/chunk-(\d+)/.exec(step.workflow)?.[1];
  const scope = { job, chunk: chunk === undefined ? undefined : Number(chunk) };
  try {
    return { ...step, failure: await wholeMessage(store, scope, step.failure) };
  } catch {
    // The store itself may be failing.
    return step;
  }
}
