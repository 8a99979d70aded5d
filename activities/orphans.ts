import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchesApi } from '../src/anthropic/api';
import { readFailure } from '../src/anthropic/errors';
import { FAILURE } from '../src/job/failure';
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

/** Pauses between the tries, in milliseconds: nobody comes back to an orphan. */
const PAUSES = [1_000, 4_000, 15_000];

/** Cancels an orphan, as far as the API lets it: one that has ended meanwhile cannot be canceled any more. */
export async function cancelOrphan(api: BatchesApi, batch: string): Promise<void> {
  for (const pause of [...PAUSES, undefined]) {
    try {
      await api.cancel(batch);
      return;
    } catch (error) {
      const { type } = readFailure(error);
      if (type === FAILURE.refused || pause === undefined) return;
      await sleep(pause);
    }
  }
}
