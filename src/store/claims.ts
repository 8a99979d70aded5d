import { createOnce, readJson } from './json';
import { keys } from './keys';
import type { Store } from './store';

/**
 * Whose a batch is, as its own `custom_id`s or the API's answer to us proved: the nonce of an attempt, or `null` for a batch
 * that another tool made. Where the attempt is known to the writer it says which.
 */
export interface BatchClaim {
  nonce: string | null;
  job?: { id: string; instance: string };
  chunk?: number;
  round?: number;
  attempt?: number;
}

/** Records the proof; what stands already says the same, because a batch has one nonce. */
export async function claimBatch(store: Store, batchId: string, claim: BatchClaim): Promise<BatchClaim> {
  const { value } = await createOnce(store, keys.batch(batchId), claim);
  return value;
}

export function readClaim(store: Store, batchId: string): Promise<BatchClaim | undefined> {
  return readJson<BatchClaim>(store, keys.batch(batchId));
}
