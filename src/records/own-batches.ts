import type { JobRef } from '../job/job';
import { boughtAttempt } from '../job/protocol/submission';
import type { Store } from '../store/store';
import { RoundLedger } from './ledger';
import { listOrphans } from './orphans';
import { jobRounds } from './rounds';

/** Yields the ids of the batches that are proved to be the job's own, orphans included. */
export async function* ownBatches(store: Store, job: JobRef): AsyncGenerator<string> {
  for await (const ref of jobRounds(store, job)) {
    const bought = boughtAttempt(await new RoundLedger(store, ref).read());
    if (bought?.intent) yield bought.outcome.batch;
  }
  for (const { batch } of await listOrphans(store, job)) yield batch;
}
