import { Context } from '@temporalio/activity';
import type { Batch, BatchesApi } from '../../src/anthropic/api';
import { readFailure } from '../../src/anthropic/errors';
import type { PlanPage } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import type { JobRef } from '../../src/job/job';
import { show } from '../../src/job-spec/show';
import { owningJob } from '../../src/records/claims';
import { keys } from '../../src/records/keys';
import { putJson } from '../../src/store/json';
import type { Store } from '../../src/store/store';
import type { AdoptedBatch } from '../results/adopted-rows';
import { assertNotArchived } from '../results/retrieve';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';

/** A batch that was just made may not be known for a moment. */
const TRIES = 4;

/**
 * Plans a job that takes the results of a batch which another tool made: one chunk, whose documents nobody knows before the
 * results are here.
 *
 * @throws final failures for a batch that the API does not know, that a job of this store has, or whose results are gone.
 */
export async function planAdopted(deps: ActivityDeps, job: JobRef, id: string): Promise<PlanPage> {
  await refuseOwned(deps.store, id);
  const batch = await known(deps.anthropic(), id);
  // They may have come home before, as after a Reset.
  if (!(await deps.store.head(keys.judged({ job, chunk: 0, round: 0 })))) assertNotArchived(batch);
  // Its cost is told at the prices of its day; where the reply lacks that, at today's.
  const { createdAt = new Date() } = batch;
  const noted: AdoptedBatch = { batch: id, createdAt: createdAt.toISOString() };
  await putJson(deps.store, keys.adopted(job), noted);
  await deps.store.put(keys.documents(job, 0), '');
  const adopted = { batch: id, ended: batch.status === 'ended' };
  // What a gateway leaves out of the counts shows in the results.
  const requests = Object.values(batch.counts).reduce((sum, count) => sum + count, 0);
  return { chunks: [{ documents: requests, requests, adopted }] };
}

async function refuseOwned(store: Store, batch: string): Promise<void> {
  const owner = await owningJob(store, batch);
  if (!owner) return;
  throw new StepError(
    FAILURE.batchOwned,
    `The batch ${batch} is the job ${show(owner.id)}'s: take its results from there.`,
    { final: true },
  );
}

async function known(api: BatchesApi, id: string): Promise<Batch> {
  try {
    return await api.retrieve(id);
  } catch (error) {
    if (readFailure(error).type !== FAILURE.notFound) throw error;
    throw new StepError(
      FAILURE.notFound,
      `The API does not know the batch ${id}: there is none of this id, it was deleted, or it is of another workspace than the workers' key.`,
      { final: Context.current().info.attempt >= TRIES },
    );
  }
}
