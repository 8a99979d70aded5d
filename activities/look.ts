import type { Batch, BatchesApi } from '../src/anthropic/api';
import { firstCustomId } from '../src/anthropic/results';
import { parseCustomId } from '../src/job/custom-id';
import { FAILURE } from '../src/job/failure';
import { isCandidate, ownerOf, type Window } from '../src/job/search';
import type { ChunkRef } from '../src/job/steps';
import type { AttemptIntent } from '../src/job/submission';
import { claimBatch, readClaim } from '../src/store/claims';
import type { Store } from '../src/store/store';
import { StepError } from './failure';
import { sameWorkspace } from './same-workspace';

const PAGE = 1_000;

export interface Look {
  /** Every page was read, back to one wholly older than the window, with a key shown to reach the same workspace. */
  complete: boolean;
  /** Batches that may be the attempt's and cannot be told yet. */
  watching: string[];
  ours?: Batch;
  /** Nothing that runs is waited for, and what stands in the way may never pass by itself. */
  blocked?: string;
}

/**
 * Looks in the list for the batch that an attempt may have bought. Count and time only make a candidate; whose it is, its
 * `custom_id`s prove once it has ended.
 */
export async function look(
  store: Store,
  api: BatchesApi,
  ref: ChunkRef,
  intent: AttemptIntent,
  window: Window,
): Promise<Look> {
  const known = await sameWorkspace(store, api, ref, intent);
  const running: string[] = [];
  const unreadable: string[] = [];
  for await (const batch of candidates(api, intent, window)) {
    const whose = await owner(store, api, batch, intent.nonce);
    if (whose === 'ours') return { complete: false, watching: [], ours: batch };
    if (whose === 'unknown') (batch.status === 'ended' ? unreadable : running).push(batch.id);
  }
  return {
    complete: known,
    watching: [...running, ...unreadable],
    blocked: running.length > 0 ? undefined : obstacle(known, unreadable),
  };
}

function obstacle(known: boolean, unreadable: readonly string[]): string | undefined {
  if (!known) {
    return (
      'A batch was sent, its answer was lost, and the API key changed since: nothing shows that it reaches the same workspace. ' +
      'Give the workers the key that sent it, or one of its workspace; where the chunk is held, then resume the job.'
    );
  }
  if (unreadable.length === 0) return undefined;
  return (
    `A batch was sent, its answer was lost, and ${unreadable.join(', ')} may be it; the results, which would prove it, cannot be read. ` +
    'Look in the Anthropic Console. Resume the job to look again, or cancel it to leave these documents unresolved.'
  );
}

/**
 * The batches of the list that may be an attempt's, newest first, from all pages back to one wholly older than the window.
 *
 * @throws {StepError} where the pages lead in a circle: there may be others that were not seen.
 */
export async function* candidates(
  api: BatchesApi,
  intent: AttemptIntent,
  window: Window,
): AsyncGenerator<Batch> {
  const turned = new Set<string>();
  for (let after: string | undefined; ; ) {
    const page = await api.list({ limit: PAGE, after });
    for (const batch of page.batches) if (isCandidate(batch, intent, window)) yield batch;
    const last = page.batches.at(-1);
    const isOlder = page.batches.every(({ createdAt }) => createdAt.getTime() < window.from);
    if (!page.hasMore || !last || isOlder) return;
    if (turned.has(last.id)) {
      throw new StepError(
        FAILURE.unavailable,
        `The pages of the list of batches lead from ${last.id} back to it.`,
      );
    }
    turned.add(last.id);
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
