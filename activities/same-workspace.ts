import type { BatchesApi } from '../src/anthropic/api';
import { readFailure } from '../src/anthropic/errors';
import { FAILURE } from '../src/job/failure';
import type { ChunkRef, RoundRef } from '../src/job/steps';
import { type AttemptIntent, boughtAttempt } from '../src/job/submission';
import { type BatchClaim, claimedBatches } from '../src/store/claims';
import { RoundLedger } from '../src/store/ledger';
import { chunkRounds, jobRounds } from '../src/store/rounds';
import type { Store } from '../src/store/store';

/** A store may know very many batches: some of them show what all would. */
const MOST_READ = 200;
const MOST_TRIED = 10;

/** A changed key must be shown to reach the batches of the old one: one that the old one bought and that it can retrieve. */
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
      // Deleted, or out of this key's reach: this one shows nothing, another may.
      if (readFailure(error).type !== FAILURE.notFound) throw error;
    }
    if (tried.add(batch).size >= MOST_TRIED) return false;
  }
  return false;
}

/** Batches that were bought with a key: the job's own first, those of its chunk before all. */
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
