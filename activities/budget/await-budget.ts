import { CompleteAsyncError } from '@temporalio/activity';
import type { RoundRef } from '../../src/job/activity-types';
import { jobSpec, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { reserveRound } from './budget';

/**
 * Waits until a budget may have enough left for a round. The wait holds no slot of the worker: a settled
 * chunk, or a client that raises the budget, completes the activity from outside. Otherwise it times out, and
 * the round is retried.
 */
export function createAwaitBudget(deps: ActivityDeps) {
  return async function anthropicAwaitBudget(ref: RoundRef): Promise<void> {
    const waiting = { ...ref, waitedForBudget: true as const };
    const over = await onJob(deps, ref, async (signal) =>
      reserveRound(deps, waiting, await jobSpec(deps.store, ref.job), signal),
    );
    if (over) throw new CompleteAsyncError();
  };
}
