import type { JobRef, JobSummary } from '../job/job';
import type { NormalizedSpec } from '../spec/spec';
import { encodeSegment } from '../store/encode';
import { storeId } from '../store/identity';
import { findJson } from '../store/json';
import { keys } from '../store/keys';
import type { Store } from '../store/store';

/** The newest job of an id in the store, or `undefined` where the store holds none. */
export async function findStoredJob(store: Store, jobId: string): Promise<JobRef | undefined> {
  let newest: { instance: string; since: number } | undefined;
  for await (const folder of store.folders(keys.instances(jobId))) {
    const instance = decodeSegment(folder);
    if (instance === undefined) continue;
    const job = { id: jobId, instance };
    const entry = await store.head(keys.spec(job));
    if (!entry) continue;
    // A folder's name is only an encoding of the id: the spec holds the exact one.
    if ((await storedSpec(store, job))?.id !== jobId) continue;
    const since = entry.modified.getTime();
    // Instances of one second sort by name.
    if (!newest || since > newest.since || (since === newest.since && instance > newest.instance)) {
      newest = { instance, since };
    }
  }
  return newest && { id: jobId, instance: newest.instance, store: await storeId(store) };
}

function storedSpec(store: Store, job: Pick<JobRef, 'id' | 'instance'>): Promise<NormalizedSpec | undefined> {
  return findJson<NormalizedSpec>(store, keys.spec(job));
}

/** The job's `summary.json`; `undefined` until it has ended. */
export function storedSummary(store: Store, job: JobRef): Promise<JobSummary | undefined> {
  return findJson<JobSummary>(store, keys.summary(job));
}

/** Removes all files of a job that was not started after all. */
export async function removeStoredJob(store: Store, job: JobRef): Promise<void> {
  for await (const { key } of store.list(keys.job(job))) await store.delete(key);
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
