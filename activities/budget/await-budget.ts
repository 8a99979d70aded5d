import { CompleteAsyncError } from '@temporalio/activity';
import type { RoundRef } from '../../src/job/activity-types';
import { jobSpec, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { exceededBudget } from './budget';

/**
 * Waits until a budget may have enough left for a round, which reserves it when it is sent. The wait holds no
 * slot of the worker: a settled chunk, or a client that raises the budget, completes the activity from
 * outside. Otherwise it times out, and the round is retried.
 */
export function createAwaitBudget(deps: ActivityDeps) {
  return async function anthropicAwaitBudget(ref: RoundRef): Promise<void> {
    const over = await onJob(deps, ref, async (signal) =>
      exceededBudget(deps, ref, await jobSpec(deps.store, ref.job), signal),
    );
    if (over) throw new CompleteAsyncError();
  };
}
