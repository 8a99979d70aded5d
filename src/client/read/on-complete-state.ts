import {
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { JobRef } from '../../job/job';
import { type OnComplete, onCompleteId } from '../../job/on-complete';
import { lastFailureText } from '../../temporal/failure-text';
import type { Context } from '../context';
import { wholeFailure } from '../whole-failure';

/** What became of a job's `onComplete`. */
export interface OnCompleteState {
  /** As the job's spec has it. */
  onComplete: OnComplete;
  /** The id of the workflow that was started, or will be. */
  workflow: string;
  /** `waiting`: the job has not ended. `missing`: it has, and Temporal has no such workflow. */
  state: 'waiting' | 'missing' | 'running' | 'completed' | 'failed';
  /** The number of the current or next call of the webhook, while it is called. */
  attempt?: number;
  /** Why the last call failed, or the workflow. */
  failure?: string;
}

/** Returns what became of a job's `onComplete`. Uses only the server's descriptions. */
export async function onCompleteState(
  context: Context,
  job: JobRef,
  onComplete: OnComplete,
  hasEnded: boolean,
): Promise<OnCompleteState> {
  const workflow = onCompleteId(job);
  const of = { onComplete, workflow };
  const handle = context.client.workflow.getHandle(workflow);
  let description: WorkflowExecutionDescription;
  try {
    description = await handle.describe();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    return { ...of, state: hasEnded ? 'missing' : 'waiting' };
  }
  const { status } = description;
  // A workflow may also be paused.
  if (description.closeTime === undefined)
    return { ...of, state: 'running', ...(onComplete.webhook ? await lastCall(context, description) : {}) };
  if (status.name === 'COMPLETED') return { ...of, state: 'completed' };
  return { ...of, state: 'failed', failure: await failureOf(context, handle.result()) };
}

async function lastCall({ client }: Context, { workflowId, raw }: WorkflowExecutionDescription) {
  const [call] = raw.pendingActivities ?? [];
  const failure = call && (await lastFailureText(client, workflowId, call));
  return { attempt: call?.attempt ?? 1, failure };
}

async function failureOf({ store }: Context, result: Promise<unknown>): Promise<string> {
  try {
    await result;
    return '';
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return wholeFailure(store, error);
  }
}
