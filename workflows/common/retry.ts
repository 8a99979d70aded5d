import { ApplicationFailure } from '@temporalio/common';
import { ActivityFailure, isCancellation } from '@temporalio/workflow';
import { sleep } from './clock';

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

/** How a step is retried. */
export interface Retrying {
  /**
   * Called with each retryable failure. Shows it, and returns the pause before the next try in milliseconds.
   * Throws to end the retrying.
   *
   * @param tries number of failed tries before this one
   */
  failed(error: ActivityFailure, tries: number): number | Promise<number>;
  /** Called if the step succeeds after a failure. */
  recovered(): void;
  /** Describes the pause. */
  summary: string;
}

/** Retries a step until it succeeds. @throws a failure that is not retryable, or what `failed` throws */
export async function retry<T>(step: () => Promise<T>, { failed, recovered, summary }: Retrying): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      const done = await step();
      if (tries > 0) recovered();
      return done;
    } catch (error) {
      if (!mayPass(error)) throw error;
      await sleep(await failed(error, tries), { summary });
    }
  }
}
