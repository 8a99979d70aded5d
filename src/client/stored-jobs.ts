import type { JobRef, JobSummary } from '../job/job';
import type { NormalizedSpec } from '../spec/spec';
import { encodeSegment } from '../store/encode';
import { storeId } from '../store/identity';
import { findJson } from '../store/json';
import { keys } from '../store/keys';
import type { Store, StoreEntry } from '../store/store';

/** A job as the store has it. */
export interface StoredJob {
  job: JobRef;
  spec: NormalizedSpec;
  /** When its spec was written. */
  begun: Date;
}

/** The jobs of the store, or those of one id, oldest first among those of an id. */
export async function* storedJobs(store: Store, jobId?: string): AsyncGenerator<StoredJob> {
  const own = await storeId(store);
  const names = jobId === undefined ? store.folders(keys.jobs) : [encodeSegment(jobId)];
  for await (const name of names) {
    const found: StoredJob[] = [];
    for await (const folder of store.folders(keys.instancesIn(name))) {
      const instance = decodeSegment(folder);
      const entry = instance === undefined ? undefined : await store.head(keys.specIn(name, folder));
      if (instance === undefined || !entry) continue;
      const spec = await findJson<NormalizedSpec>(store, entry.key);
      // A folder's name is only an encoding of the id: the spec holds the exact one.
      if (!spec || (jobId !== undefined && spec.id !== jobId)) continue;
      found.push({ job: { id: spec.id, instance, store: own }, spec, begun: entry.modified });
    }
    // Instances of one second sort by name.
    yield* found.sort(
      (a, b) => a.begun.getTime() - b.begun.getTime() || (a.job.instance < b.job.instance ? -1 : 1),
    );
  }
}

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

/** The text that a folder's name encodes, or `undefined` where the name is shortened to a hash. */
function decodeSegment(segment: string): string | undefined {
  try {
    const text = decodeURIComponent(segment.replace(/~.*$/, ''));
    return encodeSegment(text) === segment ? text : undefined;
  } catch {
    return undefined;
  }
}
