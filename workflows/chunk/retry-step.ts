import type { ActivityFailure } from '@temporalio/workflow';
import { FAILURE } from '../../src/job/failure';
import { backoff } from '../../src/job/poll';
import { failedReason } from '../../src/job/reason';
import { askedToWait, retry } from '../common/retry';
import type { Chunk } from './chunk';

/**
 * Retries a step of a chunk until it succeeds. Shows each retryable failure, with a growing backoff: a day
 * has some hundred tries. Calls `failed` for each failure; `failed` may throw.
 */
export function retryStep<T>(
  chunk: Chunk,
  step: () => Promise<T>,
  failed?: (error: ActivityFailure) => void,
): Promise<T> {
  return retry(step, {
    summary: `${chunk.name}: retry`,
    async failed(error, tries) {
      failed?.(error);
      const reason = failedReason(error);
      await chunk.enter({ reason });
      const unpaid = reason.type === FAILURE.billing;
      const pause = { atLeast: askedToWait(error), spread: Math.random(), unpaid };
      return backoff(tries, chunk.input.settings, pause);
    },
    recovered: () => chunk.show({ reason: undefined }),
  });
}
