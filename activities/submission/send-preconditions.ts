import { activityInfo } from '@temporalio/activity';
import type {
  MustReconcile,
  NotSent,
  RoundRef,
  SubmitInput,
  SubmitOutcome,
} from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { type AttemptIntent, decideRound, type RoundDecision } from '../../src/job/protocol/submission';
import type { Fenced } from '../../src/job/reason';
import type { NormalizedSpec } from '../../src/job-spec/spec';
import { isFencedOff } from '../../src/records/chunk-fence';
import { readControl } from '../../src/records/control';
import { Downloads } from '../../src/records/downloads';
import { keys } from '../../src/records/keys';
import { RoundLedger } from '../../src/records/ledger';
import { isBeingDeleted } from '../../src/records/removal';
import { type RetryClaim, replacedBy, retryClaims } from '../../src/records/retries';
import { hasSuccessor, successorHasSent } from '../../src/records/successors';
import type { Store } from '../../src/store/store';
import { reserveRound } from '../budget/budget';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';

/** An attempt of the round is open, and nothing is known of it. */
export const MUST_RECONCILE: MustReconcile = { kind: 'mustReconcile' };

/** Nothing was bought, and the round may be sent again at once. */
export const OVERTAKEN: NotSent = { kind: 'notSent', why: { code: 'overtaken' } };

/** Returns what the ledger alone says of a round in which no attempt may start. */
export async function standing(
  store: Store,
  { job, chunk, round }: RoundRef,
  decision: Exclude<RoundDecision, { kind: 'maySend' }>,
): Promise<SubmitOutcome> {
  if (decision.kind === 'mustReconcile') return MUST_RECONCILE;
  const of = { job, chunk, round };
  if (decision.kind === 'live') {
    if (await store.head(keys.download(of, 0))) return { kind: 'answered' };
    return { kind: 'notSent', why: { code: 'begunLive' } };
  }
  // Results that were written off are requested once more: the API may have them after all.
  const judged = await new Downloads(store, of).judged();
  return { ...decision, stored: judged?.complete ? true : undefined };
}

/** Returns a refusal if the chunk was closed after the job was last known to be running. */
export async function closedChunk(store: Store, ref: SubmitInput): Promise<NotSent | undefined> {
  const asked = activityInfo().scheduledTimestampMs;
  if (!(await isFencedOff(store, ref, Math.min(asked, ref.heard ?? asked)))) return undefined;
  return fenced('chunkClosed');
}

function assertJobRuns({ jobEnded }: SubmitInput): void {
  if (!jobEnded) return;
  throw new StepError(
    FAILURE.jobEnded,
    'The job has ended, so nothing more is sent for it. Reset the job instead of its chunk, or retry ' +
      'the job.',
    { final: true },
  );
}

/**
 * Begins an attempt: writes its intent, and then checks that no other job may send the same requests. Such a
 * job records itself first and reads the ledger then, so one of the two sees the other. A refused attempt is
 * overtaken.
 *
 * @returns why nothing may be sent, or `undefined` if the attempt may go on
 * @throws {StepError} a final error if a retry owns the job's failed requests, if another retry owns those
 *   of the job that this one retries, or if a newer job with its id has begun to send, also after a Reset; a
 *   retryable one while the job is being deleted
 */
export async function beginAttempt(
  deps: ActivityDeps,
  ref: RoundRef,
  attempt: number,
  intent: AttemptIntent,
): Promise<NotSent | MustReconcile | undefined> {
  const ledger = new RoundLedger(deps.store, ref);
  if (!(await ledger.intend(attempt, intent)).created) return MUST_RECONCILE;
  let mayGoOn = false;
  try {
    const refusal = await takenOver(deps, ref);
    mayGoOn = refusal === undefined;
    return refusal;
  } finally {
    if (!mayGoOn) await ledger.decide(attempt, 'overtaken');
  }
}

/** Returns a refusal, or throws, if another job may send or has sent the job's requests. */
async function takenOver(
  { store, isRunning }: Pick<ActivityDeps, 'store' | 'isRunning'>,
  { job }: RoundRef,
): Promise<NotSent | undefined> {
  if (await isBeingDeleted(store, job)) {
    // Retried: the deletion of a job that runs is refused, and then removes its mark.
    throw new StepError(FAILURE.jobEnded, 'The job is being deleted, so nothing is sent for it now.');
  }
  const [retry] = await retryClaims(store, job);
  if (retry) throw ownedBy(retry, 'this job');
  const owner = await replacedBy(store, job);
  if (owner) throw ownedBy(owner, 'the job that this one retries');
  const running = await isRunning(job);
  if (running === false) return fenced('jobEnded');
  // A successor may have been announced and then not started.
  if (!(await hasSuccessor(store, job))) return undefined;
  if (!running) return fenced('jobReplaced');
  if (!(await successorHasSent(store, job))) return undefined;
  throw new StepError(
    FAILURE.jobEnded,
    `A newer job with the id ${JSON.stringify(job.id)} has sent requests, so nothing more is sent for this ` +
      'one, also after a Reset. Retry the newer job to send what still has no answer.',
    { final: true },
  );
}

function ownedBy({ id }: RetryClaim, of: string): StepError {
  return new StepError(
    FAILURE.jobEnded,
    `The failed requests of ${of} belong to the retry ${JSON.stringify(id)}, so nothing more is sent here, also ` +
      'after a Reset. Retry that job again to send what still has no answer.',
    { final: true },
  );
}

const fenced = (code: Fenced['code']): NotSent => ({
  kind: 'notSent',
  why: { code: 'fenced', reason: { code } },
});

/** Returns the final error of a send whose job was deleted meanwhile. */
export function deletedJob(): StepError {
  return new StepError(FAILURE.jobEnded, 'The job was deleted, so nothing more is sent for it.', {
    final: true,
  });
}

/**
 * Returns why an attempt may not begin: the job is paused, a budget has too little left, or another process
 * has gone on with the round. Reserves the round's worst case otherwise.
 *
 * @throws {StepError} a final error if the job has ended
 */
export async function refusedAttempt(
  deps: ActivityDeps,
  input: SubmitInput,
  attempt: number,
  spec: NormalizedSpec,
  signal: AbortSignal,
): Promise<NotSent | undefined> {
  assertJobRuns(input);
  return (await pausedJob(deps.store, input)) ?? (await overBudget(deps, input, attempt, spec, signal));
}

async function pausedJob(store: Store, { job }: RoundRef): Promise<NotSent | undefined> {
  const { paused, requests } = await readControl(store, job);
  return paused ? { kind: 'notSent', why: { code: 'paused', requests } } : undefined;
}

async function overBudget(
  deps: ActivityDeps,
  ref: SubmitInput,
  attempt: number,
  spec: NormalizedSpec,
  signal: AbortSignal,
): Promise<NotSent | undefined> {
  const refused = await reserveRound(deps, ref, spec, () => mayBegin(deps.store, ref, attempt), signal);
  if (refused === 'stale') return OVERTAKEN;
  return refused && { kind: 'notSent', why: { code: 'overBudget', reason: refused } };
}

/** Returns whether the job exists and no other process has gone on with the round or closed the chunk. */
async function mayBegin(store: Store, ref: SubmitInput, attempt: number): Promise<boolean> {
  // The spec is removed with the job.
  if (!(await store.head(keys.spec(ref.job)))) return false;
  const decision = decideRound(await new RoundLedger(store, ref).read());
  if (decision.kind !== 'maySend' || decision.attempt !== attempt) return false;
  return (await closedChunk(store, ref)) === undefined;
}
