import type { BatchesApi } from '../../src/anthropic/api';
import { readFailure } from '../../src/anthropic/api-failure';
import type { ChunkRef, RoundRef } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { type AttemptIntent, boughtAttempt } from '../../src/job/protocol/submission';
import { type BatchClaim, claimedBatches } from '../../src/records/claims';
import { RoundLedger } from '../../src/records/ledger';
import { chunkRounds, jobRounds } from '../../src/records/rounds';
import type { Store } from '../../src/store/store';
import { StepError } from './failure';

/**
 * Limits of the search for a common batch. A store may know very many batches, and some of them are enough.
 */
const MOST_READ = 200;
const MOST_TRIED = 10;

/**
 * Returns whether the key reaches the workspace of an attempt. If the key has changed, it must be able to
 * retrieve a batch that the old key bought.
 */
export async function sameWorkspace(
  store: Store,
  api: BatchesApi,
  ref: ChunkRef,
  { fingerprint }: AttemptIntent,
): Promise<boolean> {
  if (api.fingerprint === fingerprint) return true;
  const tried = new Set<string>();
  for await (const batch of boughtWith(store, ref, fingerprint)) {
    if (tried.has(batch)) continue;
    try {
      await api.retrieve(batch);
      return true;
    } catch (error) {
      // The batch was deleted, or this key does not reach it. This proves nothing; another batch may.
      if (readFailure(error).type !== FAILURE.notFound) throw error;
    }
    if (tried.add(batch).size >= MOST_TRIED) return false;
  }
  return false;
}

/**
 * Checks that a 404 for a batch means that the batch is gone. A 404 may only mean that the key belongs to
 * another workspace.
 *
 * @throws {StepError} a retryable error, which waits for another key
 */
export async function assertReached(
  store: Store,
  api: BatchesApi,
  ref: ChunkRef,
  batch: string,
): Promise<void> {
  const intent = await intentOf(store, ref, batch);
  if (!intent || (await sameWorkspace(store, api, ref, intent))) return;
  throw new StepError(
    FAILURE.authentication,
    `The API does not know the batch ${batch}, and the API key has changed since it was sent. ` +
      'The new key may reach another workspace. Give the workers the old key, or a key of the same workspace.',
  );
}

/** Returns the intent with which a chunk's batch was bought; `undefined` if another tool made it. */
export async function intentOf(
  store: Store,
  ref: ChunkRef,
  batch: string,
): Promise<AttemptIntent | undefined> {
  for await (const round of chunkRounds(store, ref)) {
    const bought = boughtAttempt(await new RoundLedger(store, round).read());
    if (bought?.outcome.batch === batch) return bought.intent;
  }
  return undefined;
}

/** Yields batches that were bought with a key: those of the chunk first, then the job's, then all others. */
async function* boughtWith(store: Store, ref: ChunkRef, fingerprint: string): AsyncGenerator<string> {
  yield* first(MOST_READ, ofJob(store, ref), fingerprint);
  yield* first(MOST_READ, claimedBatches(store), fingerprint);
}

async function* first(
  most: number,
  claims: AsyncIterable<Pick<BatchClaim, 'batch' | 'fingerprint'>>,
  fingerprint: string,
): AsyncGenerator<string> {
  let read = 0;
  for await (const claim of claims) {
    if (claim.fingerprint === fingerprint) yield claim.batch;
    read += 1;
    if (read >= most) return;
  }
}

async function* ofJob(store: Store, ref: ChunkRef) {
  for await (const round of chunkRounds(store, ref)) yield* ofRound(store, round);
  for await (const round of jobRounds(store, ref.job)) {
    if (round.chunk !== ref.chunk) yield* ofRound(store, round);
  }
}

async function* ofRound(store: Store, round: RoundRef) {
  const bought = boughtAttempt(await new RoundLedger(store, round).read());
  if (bought?.intent) yield { batch: bought.outcome.batch, fingerprint: bought.intent.fingerprint };
}
