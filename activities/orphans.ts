import type { RoundRef } from '../src/job/steps';
import { putJson } from '../src/store/json';
import { keys } from '../src/store/keys';
import type { Store } from '../src/store/store';

/** Notes a batch of ours that was bought although it had been presumed void. */
export async function recordOrphan(
  store: Store,
  { job, chunk, round }: RoundRef,
  batch: string,
): Promise<void> {
  await putJson(store, keys.orphan(job, batch), { batch, chunk, round });
}
