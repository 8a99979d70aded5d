import type { JobRef } from '../job/job';
import { putIfAbsent } from '../store/optional';
import type { Store, StoreEntry } from '../store/store';
import { holdsIntent, holdsRequests, keys } from './keys';

/** Files and bytes that were, or would be, removed from the store. */
export interface Removed {
  files: number;
  bytes: number;
}

/**
 * Marks a job whose deletion begins. Call before the last check whether the job may be deleted: a worker that
 * is about to send for it writes its intent first and reads the mark then, so one of the two sees the other.
 */
export async function markDeletion(store: Store, job: JobRef): Promise<void> {
  await putIfAbsent(store, keys.deletion(job), '{}\n');
}

/** Removes the mark of a deletion that does not take place. */
export async function unmarkDeletion(store: Store, job: JobRef): Promise<void> {
  await store.delete(keys.deletion(job));
}

/** Returns whether a job is being deleted, also if its deletion was interrupted. */
export async function isBeingDeleted(store: Store, job: JobRef): Promise<boolean> {
  return (await store.head(keys.deletion(job))) !== undefined;
}

/** Returns what removing a job would remove. */
export async function sizeOfJob(store: Store, job: JobRef): Promise<Removed> {
  const found: Removed = { files: 0, bytes: 0 };
  for await (const { key, size } of store.list(keys.job(job))) {
    if (key === keys.deletion(job)) continue;
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
  const mark = keys.deletion(job);
  const remove = async ({ key, size }: StoreEntry) => {
    await store.delete(key);
    // Not counted as a file of the job.
    if (key === mark) return;
    removed.files += 1;
    removed.bytes += size;
  };
  // Without the spec, a deletion cannot be repeated.
  const last = [keys.summary(job), mark, keys.spec(job)];
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
