import type { RoundRef } from '../job/activity-types';
import type { AttemptIntent } from '../job/protocol/submission';
import { createOnce, findJson, putJson } from '../store/json';
import type { Store } from '../store/store';
import { keys } from './keys';

/**
 * The owner of a batch, as its `custom_id`s or the API's answer to us proved: the nonce of an attempt, or
 * `null` for a batch that another tool made. Names the attempt if the writer knew it.
 */
export interface BatchClaim {
  batch: string;
  nonce: string | null;
  /** Key and workspace that bought the batch. Can show that another key reaches the same workspace. */
  fingerprint?: string;
  job?: { id: string; instance: string };
  chunk?: number;
  round?: number;
  attempt?: number;
}

/**
 * Records the proof. An existing claim agrees with it, because a batch has one nonce. If another round
 * recorded the nonce first, that round did not know the owner, which is added.
 */
export async function claimBatch(store: Store, claim: BatchClaim): Promise<void> {
  const key = keys.batch(claim.batch);
  const { created, value } = await createOnce(store, key, claim);
  if (!created && claim.job && !value.job && value.nonce === claim.nonce) await putJson(store, key, claim);
}

/** Replaces a claim that rests on an answer by one that the batch's results proved. */
export function proveClaim(store: Store, claim: BatchClaim): Promise<void> {
  return putJson(store, keys.batch(claim.batch), claim);
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

/** Returns the job that owns the batch, while the store has that job. */
export async function owningJob(store: Store, batchId: string): Promise<BatchClaim['job']> {
  const job = (await readClaim(store, batchId))?.job;
  return job && (await store.head(keys.spec(job))) ? job : undefined;
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
