import { activityInfo } from '@temporalio/activity';
import { FAILURE } from '../src/job/failure';
import type { RoundRef, Submission, SubmitInput } from '../src/job/steps';
import type { RoundDecision } from '../src/job/submission';
import { isClosedTo } from '../src/store/closing';
import { keys } from '../src/store/keys';
import type { Store } from '../src/store/store';
import { StepError } from './failure';

/** What an attempt must look at again, without having looked yet. */
export const RECONCILE: Submission = { kind: 'look', complete: false, watching: [] };

/** What the ledger alone says of a round for which no attempt may start. */
export async function standing(
  store: Store,
  { job, chunk, round }: RoundRef,
  decision: Exclude<RoundDecision, { kind: 'attempt' }>,
): Promise<Submission> {
  if (decision.kind === 'reconcile') return RECONCILE;
  const home = (await store.head(keys.rawResults(job, chunk, round))) ? { home: true as const } : {};
  return decision.kind === 'bought' ? { ...decision, ...home } : { kind: 'one by one', ...home };
}

/** What is told instead of sending where the chunk was closed since it was last known that its job runs. */
export async function closedTo(store: Store, ref: SubmitInput): Promise<Submission | undefined> {
  const asked = activityInfo().scheduledTimestampMs;
  if (!(await isClosedTo(store, ref, Math.min(asked, ref.heard ?? asked)))) return undefined;
  return {
    kind: 'clear',
    closed: true,
    reason: 'The chunk was closed since it was last known that its job runs.',
  };
}

/** @throws {StepError} a final one, for a job that has ended. */
export function assertJobRuns({ jobEnded }: SubmitInput): void {
  if (!jobEnded) return;
  throw new StepError(
    FAILURE.jobEnded,
    'The job has ended, and nothing is sent for it any more. Reset the job and not its chunk, or retry it.',
    { final: true },
  );
}
