import type { JobRef, JobSummary } from '../job/job';
import { keys } from '../records/keys';
import { storedJobs } from '../records/stored-jobs';
import { findJson } from '../store/json';
import type { Store } from '../store/store';

/** Finds the newest job with an id in the store. Returns `undefined` if there is none. */
export async function findStoredJob(store: Store, jobId: string): Promise<JobRef | undefined> {
  let newest: JobRef | undefined;
  for await (const { job } of storedJobs(store, { id: jobId })) newest = job;
  return newest;
}

/** Reads the job's `summary.json`. Returns `undefined` until the job has ended. @throws {DamagedKeyError} */
export function storedSummary(store: Store, job: JobRef): Promise<JobSummary | undefined> {
  return findJson<JobSummary>(store, keys.summary(job));
}
