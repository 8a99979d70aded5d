// delete/: removes jobs from the store. prune.ts removes old jobs, delete-guards.ts decides which may be
// removed. Start here.

import { WorkflowFailedError } from '@temporalio/client';
import type { DeletedBatches } from '../../job/activity-types';
import type { JobRef } from '../../job/job';
import { DELETE_JOB } from '../../job/names';
import { markDeletion, markRemoval, type Removed, removeJob, unmarkDeletion } from '../../records/removal';
import { storedJobs } from '../../records/stored-jobs';
import { Undecodable } from '../../temporal/lenient-client';
import { type Context, skippingDamaged } from '../context';
import { JobNotFoundError, JobStateError, quoted } from '../errors';
import { noWorker } from '../temporal/queue';
import { wholeFailure } from '../whole-failure';
import { type Obstacle, obstacle } from './delete-guards';

/** The options of `BatchClient.delete`. */
export interface DeleteOptions {
  /** Also deletes the job's batches at the API, through a worker. Default `false`. */
  batches?: boolean;
  /**
   * Deletes the job even if it has no summary or may have a batch in flight. Never a running job. Default
   * `false`.
   */
  force?: boolean;
}

/** The result of deleting a job. */
export interface Deleted extends Removed {
  /** The job id. */
  job: string;
  /** The number of batches deleted at the API. */
  batches: number;
}

/** Deletes everything that the store holds of all jobs with an id. */
export async function deleteJob(
  context: Context,
  jobId: string,
  { batches = false, force = false }: DeleteOptions,
): Promise<Deleted> {
  const own: JobRef[] = [];
  for await (const { job } of storedJobs(context.store, { ...skippingDamaged(context), id: jobId })) {
    own.push(job);
  }
  if (own.length === 0) throw new JobNotFoundError(jobId, context.store.location);
  const check = async (job: JobRef) => {
    const found = await obstacle(context, job);
    return found && (found.runs || !force) ? found : undefined;
  };
  const refusal = ({ reason }: Pick<Obstacle, 'reason'>) =>
    new JobStateError(jobId, `The job ${quoted(jobId)} was not deleted: ${reason}.`);
  for (const job of own) {
    const found = await check(job);
    if (found) throw refusal(found);
  }
  const deleted: Deleted = { job: jobId, files: 0, bytes: 0, batches: 0 };
  for (const job of own) {
    const removed = await deleteInstance(context, job, batches, () => check(job));
    if ('reason' in removed) throw refusal(removed);
    for (const what of ['files', 'bytes', 'batches'] as const) deleted[what] += removed[what];
  }
  return deleted;
}

/**
 * Deletes one job, after the guards have passed. Its batches go first, because its files name them.
 *
 * @param check the guards, which are asked once more before files are removed: deleting batches may wait for
 *   a worker, and the job may have been reset meanwhile
 * @returns what was deleted, or why the files were kept
 */
export async function deleteInstance<Kept extends Pick<Obstacle, 'reason'>>(
  context: Context,
  job: JobRef,
  batches: boolean,
  check: () => Promise<Kept | undefined>,
): Promise<Omit<Deleted, 'job'> | Kept> {
  const { store } = context;
  const deleted = batches ? await deleteBatches(context, job) : 0;
  const mark = await markDeletion(store, job);
  let mayGoOn = false;
  try {
    const found = await check();
    mayGoOn = found === undefined;
    if (found) return found;
  } finally {
    if (!mayGoOn) await unmarkDeletion(store, mark);
  }
  await markRemoval(store, mark);
  return { ...(await removeJob(store, job)), batches: deleted };
}

async function deleteBatches(context: Context, job: JobRef): Promise<number> {
  const { client, store, taskQueue, warn } = context;
  const missing = await noWorker(context);
  if (missing) warn(missing);
  const workflow = await client.workflow.start<(job: JobRef) => Promise<DeletedBatches>>(DELETE_JOB, {
    workflowId: `${job.id}/delete-${job.instance}`,
    taskQueue,
    args: [job],
    staticSummary: `Message Batches job ${job.id}: delete its batches`,
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  const result: DeletedBatches | Undecodable = await workflow.result().catch(async (error) => {
    if (!(error instanceof WorkflowFailedError)) throw error;
    throw new JobStateError(
      job.id,
      `The batches of the job ${quoted(job.id)} were not deleted, and its files were kept: ` +
        `${await wholeFailure(store, error)}`,
      { cause: error },
    );
  });
  // The batches are gone, but how many cannot be decoded.
  if (result instanceof Undecodable) {
    result.report();
    return 0;
  }
  const { deleted, running } = result;
  if (running.length > 0) {
    warn(
      `These batches of the job ${quoted(job.id)} have not ended. They and their claims were kept: ` +
        `${running.join(', ')}.`,
    );
  }
  return deleted;
}
