import { activityInfo } from '@temporalio/activity';
import type { RoundRef, Submission, SubmitInput } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import type { RoundDecision } from '../../src/job/protocol/submission';
import type { NormalizedSpec } from '../../src/job-spec/spec';
import { isFencedOff } from '../../src/records/chunk-fence';
import { readControl } from '../../src/records/control';
import { Downloads } from '../../src/records/downloads';
import { keys } from '../../src/records/keys';
import type { Store } from '../../src/store/store';
import { reserveRound } from '../budget/budget';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';

/** What an attempt must look at again, without having looked yet. */
export const RECONCILE: Submission = { kind: 'look', complete: false, watching: [] };

/** What the ledger alone says of a round for which no attempt may start. */
export async function standing(
  store: Store,
  { job, chunk, round }: RoundRef,
  decision: Exclude<RoundDecision, { kind: 'attempt' }>,
): Promise<Submission> {
  if (decision.kind === 'reconcile') return RECONCILE;
  const of = { job, chunk, round };
  if (decision.kind === 'live') {
    return { kind: 'live', ...((await store.head(keys.download(of, 0))) ? { home: true } : {}) };
  }
  // What was written off is asked for once more: the API may have it all the same.
  const judged = await new Downloads(store, of).judged();
  return { ...decision, ...(judged?.complete ? { home: true } : {}) };
}

/** What is told instead of sending where the chunk was closed since it was last known that its job runs. */
export async function closedChunk(store: Store, ref: SubmitInput): Promise<Submission | undefined> {
  const asked = activityInfo().scheduledTimestampMs;
  if (!(await isFencedOff(store, ref, Math.min(asked, ref.heard ?? asked)))) return undefined;
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

/**
 * Returns a refusal if Temporal says that the job has ended. Call directly before the intent is written: the worker learns that a
 * workflow was terminated only by a heartbeat, and a new job of the same id cannot see a send without an intent.
 */
export async function endedJob(
  { mayStillRun }: Pick<ActivityDeps, 'mayStillRun'>,
  { job }: RoundRef,
): Promise<Submission | undefined> {
  if (await mayStillRun(job)) return undefined;
  return { kind: 'clear', closed: true, reason: 'Temporal says that the job has ended: nothing was sent.' };
}

/** Returns a refusal if the job is paused. */
export async function pausedJob(store: Store, { job }: RoundRef): Promise<Submission | undefined> {
  const { paused, requests } = await readControl(store, job);
  return paused ? { kind: 'clear', paused: requests } : undefined;
}

/** Reserves a round's worst case. @returns what is told instead of sending where a budget has no room for it. */
export async function overBudget(
  deps: ActivityDeps,
  ref: SubmitInput,
  spec: NormalizedSpec,
  signal: AbortSignal,
): Promise<Submission | undefined> {
  const over = await reserveRound(deps, ref, spec, signal);
  return over && { kind: 'clear', overBudget: over.kind, reason: over.reason };
}
