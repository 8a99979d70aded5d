import type { JobRef, JobSummary } from '../job/job';
import { storedJobs } from '../spec/stored-jobs';
import { findJson } from '../store/json';
import { keys } from '../store/keys';
import type { Store, StoreEntry } from '../store/store';

/** The newest job of an id in the store, or `undefined` where the store holds none. */
export async function findStoredJob(store: Store, jobId: string): Promise<JobRef | undefined> {
  let newest: JobRef | undefined;
  for await (const { job } of storedJobs(store, jobId)) newest = job;
  return newest;
}

/** The job's `summary.json`; `undefined` until it has ended. */
export function storedSummary(store: Store, job: JobRef): Promise<JobSummary | undefined> {
  return findJson<JobSummary>(store, keys.summary(job));
}

/** What was removed from the store. */
export interface Removed {
  files: number;
  bytes: number;
}

/**
 * Removes all files of a job. Its requests go first, so that nothing can send them again without the ledger; its summary and
 * spec go last, so that a removal that was interrupted can be repeated.
 */
export async function removeStoredJob(store: Store, job: JobRef): Promise<Removed> {
  const removed: Removed = { files: 0, bytes: 0 };
  const remove = async ({ key, size }: StoreEntry) => {
    await store.delete(key);
    removed.files += 1;
    removed.bytes += size;
  };
  const last = [keys.summary(job), keys.spec(job)];
  for await (const entry of store.list(keys.job(job))) {
    if (entry.key.endsWith('/requests.jsonl')) await remove(entry);
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
