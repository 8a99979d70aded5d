import type { JobRef } from '../job/job';
import { keys } from './keys';
import { RoundLedger } from './ledger';
import { listOrphans } from './orphans';
import type { Store } from './store';

/** The rounds of a job that were begun, chunk by chunk. */
export async function* storedRounds(
  store: Store,
  job: JobRef,
): AsyncGenerator<{ job: JobRef; chunk: number; round: number }> {
  for await (const name of store.folders(keys.chunks(job))) {
    const chunk = Number(name);
    for await (const round of store.folders(keys.rounds(job, chunk)))
      yield { job, chunk, round: Number(round) };
  }
}

/** Ids of the batches that are proved to be the job's own, those too many included. */
export async function* ownBatches(store: Store, job: JobRef): AsyncGenerator<string> {
  for await (const ref of storedRounds(store, job)) {
    for (const { intent, outcome } of await new RoundLedger(store, ref).read()) {
      if (intent && outcome && 'batch' in outcome) yield outcome.batch;
    }
  }
  for (const { batch } of await listOrphans(store, job)) yield batch;
}
