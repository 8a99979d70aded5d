import { ApplicationFailure } from '@temporalio/common';
import { ActivityFailure, isCancellation } from '@temporalio/workflow';
import { FAILURE, failureMessage, failureType } from '../../src/job/failure';
import { backoff } from '../../src/job/poll';
import { sleep } from '../common/clock';
import type { Chunk } from './chunk';

/** Returns whether a failed step may succeed later: it was not canceled, and its error is retryable. */
export function mayPass(error: unknown): error is ActivityFailure {
  if (isCancellation(error) || !(error instanceof ActivityFailure)) return false;
  return !(error.cause instanceof ApplicationFailure && error.cause.nonRetryable);
}

/** Returns how many milliseconds the API asked to wait. */
export function askedToWait({ cause }: ActivityFailure): number {
  const delay = cause instanceof ApplicationFailure ? cause.nextRetryDelay : undefined;
  return typeof delay === 'number' ? delay : 0;
}

/**
 * Retries a step of a chunk until it succeeds. Shows each retryable failure, with a growing backoff: a day
 * has some hundred tries. Calls `failed` for each failure; `failed` may throw.
 */
export async function retryStep<T>(
  chunk: Chunk,
  step: () => Promise<T>,
  failed?: (error: ActivityFailure) => void,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      const done = await step();
      if (tries > 0) chunk.show({ reason: undefined });
      return done;
    } catch (error) {
      if (!mayPass(error)) throw error;
      failed?.(error);
      await chunk.enter({ reason: failureMessage(error) });
      const unpaid = failureType(error) === FAILURE.billing;
      const pause = { atLeast: askedToWait(error), spread: Math.random(), unpaid };
      await sleep(backoff(tries, chunk.input.settings, pause), { summary: `${chunk.name}: retry` });
    }
  }
}
