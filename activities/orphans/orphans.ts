// orphans/: batches that were found after their attempts were presumed lost. Start here. batch-search.ts
// searches the list for any lost batch.

import type { Batch, BatchesApi } from '../../src/anthropic/api';
import { readFailure } from '../../src/anthropic/api-failure';
import { retry } from '../../src/async/retry';
import type { ChunkRef, ReconcileOutcome, RoundRef, SubmitOutcome } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { orphanWindow } from '../../src/job/protocol/search';
import { type AttemptLedger, presumedLost, type SubmissionTimes } from '../../src/job/protocol/submission';
import { claimBatch, ownClaim, readClaim } from '../../src/records/claims';
import { type PresumedLostAttempt, presumedLostAttempts, RoundLedger } from '../../src/records/ledger';
import { listOrphans, recordOrphan } from '../../src/records/orphans';
import { chunkRounds } from '../../src/records/rounds';
import type { Store } from '../../src/store/store';
import type { ActivityDeps } from '../runtime/deps';
import { candidates, type OwnBatch } from './batch-search';

/**
 * Adds to a purchase whether the chunk has attempts that were presumed lost. `attempts` are those of its own
 * round, as just read.
 */
export async function withWatch<T extends SubmitOutcome | ReconcileOutcome>(
  store: Store,
  ref: RoundRef,
  attempts: readonly AttemptLedger[],
  outcome: T,
): Promise<T> {
  if (outcome.kind !== 'bought' && outcome.kind !== 'answered') return outcome;
  return (await isWatched(store, ref, attempts)) ? { ...outcome, watch: true } : outcome;
}

async function isWatched(store: Store, ref: RoundRef, attempts: readonly AttemptLedger[]): Promise<boolean> {
  if (presumedLost(attempts).length > 0) return true;
  for await (const other of chunkRounds(store, ref)) {
    if (other.round === ref.round) continue;
    if (presumedLost(await new RoundLedger(store, other).read()).length > 0) return true;
  }
  return false;
}

/**
 * Pauses between the tries, in milliseconds. Retried here because only the process with the answer knows of
 * the orphan at once.
 */
const PAUSES = [1_000, 4_000, 15_000];

/**
 * Cancels an orphan, if the API allows it. A batch that has ended meanwhile cannot be canceled. If all tries
 * fail, the next poll of the chunk cancels it.
 */
export async function cancelOrphan(api: BatchesApi, batch: string): Promise<void> {
  await retry(() => api.cancel(batch), {
    schedule: (error, tries) => (readFailure(error).type === FAILURE.refused ? undefined : PAUSES[tries]),
  }).catch(() => {});
}

/** Records a proven orphan batch. Does not cancel it. */
export async function noteOrphan(
  { store, points }: ActivityDeps,
  ref: RoundRef,
  given: Omit<PresumedLostAttempt, 'round'>,
  batch: OwnBatch,
): Promise<void> {
  // The record comes first: it leads to the batch even while the list does not show it.
  const { id, createdAt = new Date(given.intent.apiTime) } = batch;
  await recordOrphan(store, ref, given.attempt, { id, createdAt });
  points?.reach('orphan/recorded');
  await claimOrphan({ store, points }, ref, given, batch);
}

/** Claims an orphan, unless a claim exists: every poll calls this. */
async function claimOrphan(
  { store, points }: Pick<ActivityDeps, 'store' | 'points'>,
  ref: RoundRef,
  given: Omit<PresumedLostAttempt, 'round'>,
  { id }: OwnBatch,
): Promise<void> {
  if ((await readClaim(store, id))?.job) return;
  await claimBatch(store, ownClaim(ref, given.attempt, given.intent, id));
  points?.reach('orphan/claimed');
}

/** A batch of ours that appeared after its attempt was presumed lost. */
export interface FoundOrphan {
  batch: Batch;
  given: PresumedLostAttempt;
}

/**
 * Searches for the batches of a chunk's attempts that were presumed lost. Records those that are proved, and
 * cancels those that still run. Leaves a running batch alone that nothing proves. An attempt has one batch,
 * or several if something between the worker and the API sent its create again.
 *
 * @throws the SDK's error if the API cannot be reached
 */
export async function findOrphans(
  deps: ActivityDeps,
  api: BatchesApi,
  ref: ChunkRef,
  times: SubmissionTimes,
): Promise<FoundOrphan[]> {
  const { store } = deps;
  const known = await listOrphans(store, ref.job, ref.chunk);
  const found: FoundOrphan[] = [];
  for (const given of await presumedLostAttempts(store, ref)) {
    const round = { ...ref, round: given.round };
    const take = async (id: string, note: typeof noteOrphan) => {
      const batch = await retrieve(api, id);
      if (!batch) return;
      await note(deps, round, given, batch);
      const running = batch.status === 'in_progress';
      found.push({ batch: running ? await cancel(api, batch) : batch, given });
      if (running) deps.points?.reach('orphan/canceled');
    };
    const noted = known
      .filter(({ round, attempt }) => round === given.round && attempt === given.attempt)
      .map(({ batch }) => batch);
    // The process that recorded the batch may have died before it claimed it.
    for (const id of noted) await take(id, claimOrphan);
    const sought = { round, attempt: given.attempt, intent: given.intent };
    for await (const candidate of candidates(store, api, sought, orphanWindow(given.intent, times))) {
      if (candidate.whose === 'ours' && !noted.includes(candidate.id)) await take(candidate.id, noteOrphan);
    }
  }
  return found;
}

/** @returns `undefined` for a batch that was deleted */
async function retrieve(api: BatchesApi, batch: string): Promise<Batch | undefined> {
  try {
    return await api.retrieve(batch);
  } catch (error) {
    if (readFailure(error).type === FAILURE.notFound) return undefined;
    throw error;
  }
}

async function cancel(api: BatchesApi, batch: Batch): Promise<Batch> {
  try {
    return await api.cancel(batch.id);
  } catch (error) {
    // The batch has just ended.
    if (readFailure(error).type === FAILURE.refused) return api.retrieve(batch.id);
    throw error;
  }
}
