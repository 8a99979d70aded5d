import type { BatchesApi } from '../../src/anthropic/api';
import { readFailure } from '../../src/anthropic/api-failure';
import type { DeletedBatches } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import type { JobRef } from '../../src/job/job';
import { keys } from '../../src/records/keys';
import { ownBatches } from '../../src/records/own-batches';
import { abortable, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';

/**
 * Deletes the batches at the API that are proved to be a job's own and have ended, each with its claim: a
 * batch that the API's list does not have needs no owner. Idempotent.
 */
export function createDeleteBatches(deps: ActivityDeps) {
  return async function anthropicDeleteBatches(job: JobRef): Promise<DeletedBatches> {
    return onJob(deps, { job }, async (signal) => {
      const api = deps.anthropic();
      const result: DeletedBatches = { deleted: 0, running: [] };
      for await (const batch of abortable(ownBatches(deps.store, job), signal)) {
        const end = await deleteEnded(api, batch);
        if (end === 'running') result.running.push(batch);
        else await deps.store.delete(keys.batch(batch));
        if (end === 'deleted') result.deleted += 1;
      }
      return result;
    });
  };
}

async function deleteEnded(api: BatchesApi, batch: string): Promise<'deleted' | 'running' | 'absent'> {
  try {
    if ((await api.retrieve(batch)).status !== 'ended') return 'running';
    await api.delete(batch);
    return 'deleted';
  } catch (error) {
    if (readFailure(error).type === FAILURE.notFound) return 'absent';
    throw error;
  }
}
