import { owningClaim } from '../records/claims';
import { storeId } from '../records/identity';
import type { Context } from './context';
import { JobHandle } from './handle';

/** The job of a batch, and what the batch is of it. */
export interface BatchOwner {
  job: JobHandle;
  /** The chunk's number. Absent for an adopted batch. */
  chunk?: number;
  /** The number of the chunk's round, from 0. Absent for an adopted batch. */
  round?: number;
}

/** Finds the job of the store that owns a batch. Returns `undefined` if none does. */
export async function findBatch(context: Context, batchId: string): Promise<BatchOwner | undefined> {
  const { client, store } = context;
  const claim = await owningClaim(store, batchId);
  if (!claim) return undefined;
  const { chunk, round } = claim;
  const job = { ...claim.job, store: await storeId(store) };
  return { job: new JobHandle(context, job.id, client.workflow.getHandle(job.id), job), chunk, round };
}
