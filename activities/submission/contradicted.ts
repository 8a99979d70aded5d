import type { Batch } from '../../src/anthropic/api';
import { contradicts } from '../../src/job/protocol/search';
import type { AttemptIntent, SubmissionTimes } from '../../src/job/protocol/submission';
import { readClaim } from '../../src/records/claims';
import type { Store } from '../../src/store/store';

/**
 * Returns whether facts contradict a reply that shows a batch as an attempt's: the store knows another owner,
 * the batch has another number of requests, or it is older than the attempt. A cache or a gateway may answer
 * a create with another batch.
 */
export async function isContradicted(
  store: Store,
  batch: Batch,
  intent: AttemptIntent,
  times: SubmissionTimes,
): Promise<boolean> {
  const claim = await readClaim(store, batch.id);
  return (claim !== undefined && claim.nonce !== intent.nonce) || contradicts(batch, intent, times);
}
