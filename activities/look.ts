import type { Batch, BatchesApi } from '../src/anthropic/api';
import { firstCustomId } from '../src/anthropic/results';
import { parseCustomId } from '../src/job/custom-id';
import { isCandidate, ownerOf, type Window } from '../src/job/search';
import type { AttemptIntent } from '../src/job/submission';
import { type BatchClaim, claimBatch, readClaim } from '../src/store/claims';
import { findJson } from '../src/store/json';
import { keys } from '../src/store/keys';
import type { Store } from '../src/store/store';

const PAGE = 1_000;

export interface Look {
  /** Every page was read, back to one wholly older than the window, with a key shown to reach the same workspace. */
  complete: boolean;
  /** Batches that may be the attempt's and cannot be told yet. */
  watching: string[];
  ours?: Batch;
  reason?: string;
}

/**
 * Looks in the list for the batch that an attempt may have bought. Count and time only make a candidate; whose it is, its
 * `custom_id`s prove once it has ended.
 */
export async function look(
  store: Store,
  api: BatchesApi,
  intent: AttemptIntent,
  window: Window,
): Promise<Look> {
  const known = await sameWorkspace(store, api, intent);
  const watching: string[] = [];
  for await (const batch of candidates(api, intent, window)) {
    const whose = await owner(store, api, batch, intent.nonce);
    if (whose === 'ours') return { complete: false, watching: [], ours: batch };
    if (whose === 'unknown') watching.push(batch.id);
  }
  if (!known) {
    return {
      complete: false,
      watching,
      reason:
        'The API key changed since the batch was sent, and nothing shows that it reaches the same workspace.',
    };
  }
  return { complete: true, watching };
}

/** The batches of the list that may be an attempt's, newest first, from all pages back to one wholly older than the window. */
export async function* candidates(
  api: BatchesApi,
  intent: AttemptIntent,
  window: Window,
): AsyncGenerator<Batch> {
  let after: string | undefined;
  for (;;) {
    const page = await api.list({ limit: PAGE, after });
    for (const batch of page.batches) if (isCandidate(batch, intent, window)) yield batch;
    const newest = page.batches[0]?.createdAt.getTime() ?? Number.NEGATIVE_INFINITY;
    const last = page.batches.at(-1);
    if (!page.hasMore || !last || newest < window.from) return;
    after = last.id;
  }
}

/** Whose a candidate is. Proof is kept for every job of the store. */
export async function owner(store: Store, api: BatchesApi, batch: Batch, nonce: string) {
  const claim = await readClaim(store, batch.id);
  if (claim) return ownerOf(claim.nonce, nonce);
  if (batch.status !== 'ended') return ownerOf(undefined, nonce);
  const id = await firstCustomId(api, batch);
  const proved = id === undefined ? undefined : (parseCustomId(id)?.nonce ?? null);
  const whose = ownerOf(proved, nonce);
  // Ours is claimed by whoever knows the attempt: a claim is never changed, and this one would not say whose it is.
  if (whose === 'other') await claimBatch(store, { batch: batch.id, nonce: proved ?? null });
  return whose;
}

/** A changed key must be shown to reach the batches of the old one: one of ours that it can retrieve. */
async function sameWorkspace(store: Store, api: BatchesApi, intent: AttemptIntent): Promise<boolean> {
  if (api.fingerprint === intent.fingerprint) return true;
  for await (const { key } of store.list(keys.batches)) {
    const claim = await findJson<BatchClaim>(store, key);
    if (claim?.fingerprint !== intent.fingerprint) continue;
    try {
      await api.retrieve(claim.batch);
      return true;
    } catch {
      // Deleted, or out of this key's reach: this one shows nothing, another may.
    }
  }
  return false;
}
