import { Context } from '@temporalio/activity';
import type { Batch, BatchesApi } from '../../src/anthropic/api';
import { readFailure } from '../../src/anthropic/api-failure';
import type { PlanPage } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import type { ChunkPlan, JobRef } from '../../src/job/job';
import { show } from '../../src/job-spec/show';
import { owningJob } from '../../src/records/claims';
import { keys } from '../../src/records/keys';
import { findPlannedChunk, planChunk } from '../../src/records/planned-chunk';
import { putJson } from '../../src/store/json';
import type { Store } from '../../src/store/store';
import type { AdoptedBatch } from '../results/adopted-rows';
import { assertNotArchived } from '../results/ended-batch';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';

/** Tries after which an unknown batch is final. The API may not know a new batch for a moment. */
const TRIES = 4;

/**
 * Plans a job that takes the results of a batch which another tool made: one chunk, whose documents are
 * unknown until the results are in the store.
 *
 * @throws final failures if the API does not know the batch, a job of this store owns it, or its results are
 *   gone
 */
export async function planAdopted(deps: ActivityDeps, job: JobRef, id: string): Promise<PlanPage> {
  const standing = await findPlannedChunk(deps.store, { job, chunk: 0 });
  if (standing) return { chunks: [standing.plan] };
  await refuseOwned(deps.store, id);
  const batch = await known(deps.anthropic(), id);
  // The results may already be in the store, as after a Reset.
  if (!(await deps.store.head(keys.judged({ job, chunk: 0, round: 0 })))) assertNotArchived(batch);
  // The cost uses the prices of the batch's day, or today's if the reply has no date.
  const { createdAt = new Date() } = batch;
  const noted: AdoptedBatch = { batch: id, createdAt: createdAt.toISOString() };
  await putJson(deps.store, keys.adopted(job), noted);
  const adopted = { batch: id, ended: batch.status === 'ended' };
  // If a gateway omits counts, the results show the true number.
  const requests = Object.values(batch.counts).reduce((sum, count) => sum + count, 0);
  const plan: ChunkPlan = { documents: requests, requests, adopted };
  await planChunk(deps.store, { job, chunk: 0 }, { plan, bytes: 0 });
  return { chunks: [plan] };
}

async function refuseOwned(store: Store, batch: string): Promise<void> {
  const owner = await owningJob(store, batch);
  if (!owner) return;
  throw new StepError(
    FAILURE.batchOwned,
    `The batch ${batch} belongs to the job ${show(owner.id)}. Read the results of that job instead.`,
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
      `The API does not know the batch ${id}: the id is wrong, the batch was deleted, or it belongs to ` +
        `another workspace than the workers' key.`,
      { final: Context.current().info.attempt >= TRIES },
    );
  }
}
