import { CompleteAsyncError } from '@temporalio/activity';
import type { RoundRef } from '../../src/job/activity-types';
import { jobSpec, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { reserveRound } from './budget';

/**
 * Waits until there may be room in a budget for a round. The wait holds no slot of the worker: a chunk that is settled, or a
 * client that raises the budget, completes the activity from outside. Without that it times out, and the round is tried again.
 */
export function createAwaitRoom(deps: ActivityDeps) {
  return async function anthropicAwaitRoom(ref: RoundRef): Promise<void> {
    const waiting = { ...ref, waitedForRoom: true as const };
    const over = await onJob(deps, ref, async (signal) =>
      reserveRound(deps, waiting, await jobSpec(deps.store, ref.job), signal),
    );
    if (over) throw new CompleteAsyncError();
  };
}
