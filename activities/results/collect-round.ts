import type { RoundRef } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { candidateWindow } from '../../src/job/protocol/search';
import { boughtAttempt } from '../../src/job/protocol/submission';
import { ownClaim, proveClaim } from '../../src/records/claims';
import { RoundLedger } from '../../src/records/ledger';
import { findByResults } from '../orphans/batch-search';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';
import { type CollectedRows, type Collecting, collectResults, NoRowIsOurs } from './collect-results';
import { endedBatch } from './ended-batch';

/**
 * Collects the results of a round's batch. If they are another batch's, because something between the worker
 * and the API swapped the answers of two creates, finds the round's own batch and corrects the ledger.
 *
 * @throws a retryable `anthropic.NotEnded` while a batch that may be the round's own still runs
 */
export async function collectRound(
  deps: ActivityDeps,
  ref: RoundRef,
  collecting: Omit<Collecting, 'of' | 'find'>,
  signal: AbortSignal,
): Promise<CollectedRows> {
  const { job, chunk, round } = ref;
  const collect = (batch: string) =>
    collectResults(
      deps,
      { ...collecting, of: { job, chunk, round }, batch, find: () => endedBatch(deps, batch) },
      signal,
    );
  try {
    return await collect(collecting.batch);
  } catch (error) {
    const own = error instanceof NoRowIsOurs ? await correctBatch(deps, ref) : undefined;
    if (own === undefined) throw error;
    return collect(own);
  }
}

/** Finds the round's own batch and corrects the ledger. @returns `undefined` if there is no other */
async function correctBatch(deps: ActivityDeps, ref: RoundRef): Promise<string | undefined> {
  const { store, times } = deps;
  const ledger = new RoundLedger(store, ref);
  const bought = boughtAttempt(await ledger.read());
  if (!bought?.intent) return undefined;
  const { attempt, intent, outcome } = bought;
  // Both creates were on their way at the same time.
  const window = candidateWindow(intent, Date.parse(outcome.createdAt), times);
  const { ours, running } = await findByResults(deps.anthropic(), { intent }, window);
  if (!ours) {
    if (running.length === 0) return undefined;
    throw new StepError(
      FAILURE.notEnded,
      `The results of the batch ${outcome.batch} are another batch's. One of these may be the round's own, and ` +
        `has not ended yet: ${running.join(', ')}.`,
    );
  }
  if (ours.id === outcome.batch) return undefined;
  await proveClaim(store, ownClaim(ref, attempt, intent, ours.id));
  const createdAt = ours.createdAt?.toISOString() ?? intent.apiTime;
  await ledger.correct(attempt, { batch: ours.id, createdAt });
  return ours.id;
}
