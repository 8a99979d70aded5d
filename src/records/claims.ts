import type { RoundRef } from '../job/activity-types';
import type { AttemptIntent } from '../job/protocol/submission';
import { createOnce, findJson, putJson } from '../store/json';
import type { Store } from '../store/store';
import { keys } from './keys';

/**
 * The owner of a batch, as its `custom_id`s or the API's answer to us said: the nonce of an attempt, or
 * `null` for a batch that another tool made. Names the attempt if the writer knew it.
 */
export interface BatchClaim {
  batch: string;
  /** The batch's `custom_id`s proved it. An answer may have been swapped with another on its way. */
  proved?: true;
  nonce: string | null;
  /** Key and workspace that bought the batch. Can show that another key reaches the same workspace. */
  fingerprint?: string;
  job?: { id: string; instance: string };
  chunk?: number;
  round?: number;
  attempt?: number;
}

/**
 * Records the owner of a batch. A proved claim replaces one that rests on an answer alone. Of two with the
 * same nonce, one that names the attempt replaces one that does not.
 */
export async function claimBatch(store: Store, claim: BatchClaim): Promise<void> {
  const key = keys.batch(claim.batch);
  const { created, value } = await createOnce(store, key, claim);
  if (created) return;
  const isSame = value.nonce === claim.nonce;
  const proves = claim.proved && !value.proved;
  const names = isSame && claim.job && !value.job;
  if (!proves && !names) return;
  const proved = claim.proved ?? value.proved;
  await putJson(store, key, { ...(isSame ? value : {}), ...claim, proved });
}

/** Returns the claim of an attempt whose batch is proved. */
export function ownClaim(ref: RoundRef, attempt: number, intent: AttemptIntent, batch: string): BatchClaim {
  const { job, chunk, round } = ref;
  return {
    batch,
    nonce: intent.nonce,
    fingerprint: intent.fingerprint,
    job: { id: job.id, instance: job.instance },
    chunk,
    round,
    attempt,
  };
}

/** A claim that names the job which owns the batch. */
type OwnedClaim = BatchClaim & Required<Pick<BatchClaim, 'job'>>;

/** Returns the claim on the batch of the job that owns it, while the store has that job. */
export async function owningClaim(store: Store, batchId: string): Promise<OwnedClaim | undefined> {
  const claim = await readClaim(store, batchId);
  if (!claim?.job || !(await store.head(keys.spec(claim.job)))) return undefined;
  return { ...claim, job: claim.job };
}

/** Returns the job that owns the batch, while the store has that job. */
export async function owningJob(store: Store, batchId: string): Promise<BatchClaim['job']> {
  return (await owningClaim(store, batchId))?.job;
}

export function readClaim(store: Store, batchId: string): Promise<BatchClaim | undefined> {
  return findJson<BatchClaim>(store, keys.batch(batchId));
}

/** Yields the claims of all jobs of the store. Reads them lazily. */
export async function* claimedBatches(store: Store): AsyncGenerator<BatchClaim> {
  for await (const { key } of store.list(keys.batches)) {
    const claim = await findJson<BatchClaim>(store, key);
    if (claim) yield claim;
  }
}
