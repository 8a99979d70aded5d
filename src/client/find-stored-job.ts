import type { JobRef } from '../job/job';
import { storedJobs } from '../records/stored-jobs';
import type { Store } from '../store/store';

/** Finds the newest job with an id in the store. Returns `undefined` if there is none. */
export async function findStoredJob(store: Store, jobId: string): Promise<JobRef | undefined> {
  let newest: JobRef | undefined;
  for await (const { job } of storedJobs(store, { id: jobId })) newest = job;
  return newest;
}
