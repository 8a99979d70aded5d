import type { JobRef } from '../job/job';
import { boughtAttempt } from '../job/protocol/submission';
import type { Store } from '../store/store';
import { readClaim } from './claims';
import { RoundLedger } from './ledger';
import { listOrphans } from './orphans';
import { jobRounds } from './rounds';

/**
 * Yields the ids of the job's own batches, orphans included. Leaves out one that its results have proved to
 * be another's: the answer that named it was swapped.
 */
export async function* ownBatches(store: Store, job: JobRef): AsyncGenerator<string> {
  for await (const ref of jobRounds(store, job)) {
    const bought = boughtAttempt(await new RoundLedger(store, ref).read());
    if (!bought?.intent) continue;
    const { batch } = bought.outcome;
    const claim = await readClaim(store, batch);
    if (!claim?.proved || claim.nonce === bought.intent.nonce) yield batch;
  }
  for (const { batch } of await listOrphans(store, job)) yield batch;
}
