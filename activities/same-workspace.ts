import type { BatchesApi } from '../src/anthropic/api';
import { readFailure } from '../src/anthropic/errors';
import { FAILURE } from '../src/job/failure';
import type { ChunkRef } from '../src/job/steps';
import { type AttemptIntent, attemptState } from '../src/job/submission';
import { type BatchClaim, claimedBatches } from '../src/store/claims';
import { keys } from '../src/store/keys';
import { RoundLedger } from '../src/store/ledger';
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

async function* ofJob(store: Store, { job, chunk }: ChunkRef) {
  yield* ofChunk(store, { job, chunk });
  for await (const name of store.folders(keys.chunks(job))) {
    if (Number(name) !== chunk) yield* ofChunk(store, { job, chunk: Number(name) });
  }
}

async function* ofChunk(store: Store, ref: ChunkRef) {
  for await (const name of store.folders(keys.rounds(ref.job, ref.chunk))) {
    for (const entry of await new RoundLedger(store, { ...ref, round: Number(name) }).read()) {
      const { intent, outcome } = entry;
      if (attemptState(entry) !== 'ours' || !intent || !outcome || !('batch' in outcome)) continue;
      yield { batch: outcome.batch, fingerprint: intent.fingerprint };
    }
  }
}
