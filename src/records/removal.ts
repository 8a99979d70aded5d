import type { JobRef } from '../job/job';
import type { Store, StoreEntry } from '../store/store';
import { holdsIntent, holdsRequests, keys } from './keys';

/** Files and bytes that were, or would be, removed from the store. */
export interface Removed {
  files: number;
  bytes: number;
}

/** Returns what removing a job would remove. */
export async function sizeOfJob(store: Store, job: JobRef): Promise<Removed> {
  const found: Removed = { files: 0, bytes: 0 };
  for await (const { size } of store.list(keys.job(job))) {
    found.files += 1;
    found.bytes += size;
  }
  return found;
}

/**
 * Removes all files of a job. Removes requests first, so that they cannot be sent without the ledger, and
 * then intents, so that an upload that is still on its way cannot pass the gate once its `overtaken` is
 * removed. Removes the summary and the spec last, so that an interrupted removal can be repeated.
 */
export async function removeJob(store: Store, job: JobRef): Promise<Removed> {
  const removed: Removed = { files: 0, bytes: 0 };
  const remove = async ({ key, size }: StoreEntry) => {
    await store.delete(key);
    removed.files += 1;
    removed.bytes += size;
  };
  const last = [keys.summary(job), keys.spec(job)];
  for (const isFirst of [holdsRequests, holdsIntent]) {
    for await (const entry of store.list(keys.job(job))) {
      if (isFirst(entry.key)) await remove(entry);
    }
  }
  for await (const entry of store.list(keys.job(job))) {
    if (!last.includes(entry.key)) await remove(entry);
  }
  for (const key of last) {
    const entry = await store.head(key);
    if (entry) await remove(entry);
  }
  return removed;
}
