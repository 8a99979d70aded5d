import type { BatchesApi } from '../../src/anthropic/api';
import { readFailure } from '../../src/anthropic/api-failure';
import type { BatchRef } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { heartbeating } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';
import { withFailureReport } from '../runtime/report-failure';
import { assertReached, intentOf } from '../runtime/same-workspace';
import { isContradicted } from '../submission/contradicted';

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
          await cancel(deps, api, input);
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

/**
 * Cancels a batch that still runs: one that has ended cannot be canceled and need not be.
 *
 * @throws {StepError} a retryable error if the batch may be another's, or if it runs on
 */
async function cancel(deps: ActivityDeps, api: BatchesApi, input: BatchRef): Promise<void> {
  const batch = await api.retrieve(input.batch);
  if (batch.status !== 'in_progress') return;
  // Nothing has proved the batch while it runs, except the API's answer to the create.
  const intent = await intentOf(deps.store, input, batch.id);
  if (intent && (await isContradicted(deps.store, batch, intent, deps.times))) {
    throw new StepError(
      FAILURE.malformed,
      `The batch ${batch.id} is not canceled: what the API says of it does not match what was sent, so it ` +
        'may be another one.',
    );
  }
  const canceled = await api.cancel(batch.id);
  if (canceled.status !== 'in_progress') return;
  throw new StepError(
    FAILURE.unavailable,
    `The API accepted the cancellation of the batch ${batch.id}, but the batch still runs. The cancellation ` +
      'is requested again.',
  );
}
