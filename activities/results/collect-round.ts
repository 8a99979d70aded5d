import { ApiCallError } from '../../src/anthropic/api-failure';
import type { JudgedRows } from '../../src/anthropic/judged-rows';
import type { RoundRef } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { candidateWindow, type Window } from '../../src/job/protocol/search';
import { type AttemptIntent, boughtAttempt } from '../../src/job/protocol/submission';
import { claimBatch, ownClaim } from '../../src/records/claims';
import { RoundLedger } from '../../src/records/ledger';
import { type FoundByResults, findByResults } from '../orphans/batch-search';
import { UnsearchableList } from '../orphans/listed-since';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';
import { type CollectedRows, type Collecting, collectResults } from './collect-results';
import { endedBatch } from './ended-batch';

/**
 * Collects the results of a round's batch. If earlier downloads are another batch's, because a proxy swapped
 * the answers of two creates, finds the round's own batch and corrects the ledger.
 *
 * @throws a retryable `anthropic.NotEnded` while a batch that may be the round's own still runs
 */
export function collectRound(
  deps: ActivityDeps,
  ref: RoundRef,
  collecting: Omit<Collecting, 'of' | 'find'>,
  signal: AbortSignal,
): Promise<CollectedRows> {
  const { job, chunk, round } = ref;
  const find = async (kept: JudgedRows) => {
    const own = hasForeignOnly(kept) ? await correctBatch(deps, ref) : undefined;
    return endedBatch(deps, own ?? collecting.batch);
  };
  return collectResults(deps, { ...collecting, of: { job, chunk, round }, find }, signal);
}

const hasForeignOnly = (kept: JudgedRows): boolean => kept.rows === 0 && (kept.odd().counts.foreign ?? 0) > 0;

/**
 * Finds the round's own batch and corrects the ledger.
 *
 * @returns `undefined` if it was not found: the results may come right, or are written off
 */
async function correctBatch(deps: ActivityDeps, ref: RoundRef): Promise<string | undefined> {
  const { store, times } = deps;
  const ledger = new RoundLedger(store, ref);
  const bought = boughtAttempt(await ledger.read());
  if (!bought?.intent) return undefined;
  const { attempt, intent, outcome } = bought;
  // Both creates were on their way at the same time.
  const window = candidateWindow(intent, Date.parse(outcome.createdAt), times);
  const { ours, running } = await search(deps, intent, window);
  if (ours) {
    const createdAt = ours.createdAt?.toISOString() ?? intent.apiTime;
    await claimBatch(store, { ...ownClaim(ref, attempt, intent, ours.id), proved: true });
    if (ours.id !== outcome.batch) await ledger.correct(attempt, { batch: ours.id, createdAt });
    return ours.id;
  }
  if (running.length === 0) return undefined;
  throw new StepError(
    FAILURE.notEnded,
    `The results of the batch ${outcome.batch} are another batch's. One of these may be the round's own, and has ` +
      `not ended yet: ${running.join(', ')}.`,
  );
}

/** A search that fails proves nothing. The results are then downloaded again as if there had been none. */
async function search(
  { anthropic }: ActivityDeps,
  intent: AttemptIntent,
  window: Window,
): Promise<FoundByResults> {
  try {
    return await findByResults(anthropic(), intent, window);
  } catch (error) {
    if (error instanceof ApiCallError || error instanceof UnsearchableList) return { running: [] };
    throw error;
  }
}
