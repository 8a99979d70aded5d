import { readFailure } from '../../src/anthropic/errors';
import type { BatchRef } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { heartbeating } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { withFailureReport } from '../runtime/report-failure';
import { assertReached } from '../runtime/same-workspace';

/**
 * Requests the cancellation of one of our batches. What it has finished by then stays paid for and is kept.
 */
export function createCancel(deps: ActivityDeps) {
  return async function anthropicCancel(input: BatchRef): Promise<void> {
    return withFailureReport(deps, input, () =>
      heartbeating(async () => {
        const { batch } = input;
        const api = deps.anthropic();
        deps.points?.reach('cancel/begun');
        try {
          // A batch that has ended cannot be canceled and need not be.
          if ((await api.retrieve(batch)).status === 'in_progress') await api.cancel(batch);
          deps.points?.reach('cancel/asked');
        } catch (error) {
          if (readFailure(error).type !== FAILURE.notFound) throw error;
          // A deleted batch need not be canceled either. The wait for its end detects it.
          await assertReached(deps.store, api, input, batch);
        }
      }),
    );
  };
}
