// async/: retries, polls, and work that runs concurrently. Start here. Imports nothing of the project.

import { setTimeout as sleep } from 'node:timers/promises';

/** How a call is retried. */
export interface Retrying {
  /**
   * Returns the pause before the next try in milliseconds, or `undefined` to throw the failure.
   *
   * @param tries number of failed tries before this one
   */
  schedule(failure: unknown, tries: number): number | undefined;
  /** Ends the retrying, but not a call. */
  signal?: AbortSignal;
}

/** Retries a call until it succeeds. @throws the failure that is not retried, or the signal's reason */
export async function retry<T>(call: () => Promise<T>, { schedule, signal }: Retrying): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (failure) {
      signal?.throwIfAborted();
      const pause = schedule(failure, tries);
      if (pause === undefined) throw failure;
      await pauseFor(pause, signal);
    }
  }
}

/** How often and how long something is asked for, in milliseconds. */
export interface Polling {
  every: number;
  atMost: number;
  signal?: AbortSignal;
}

/**
 * Asks until the answer is not `undefined`.
 *
 * @returns `undefined` if there was none in time
 * @throws the failure of a call, or the signal's reason
 */
export async function poll<T>(
  ask: () => Promise<T | undefined>,
  { every, atMost, signal }: Polling,
): Promise<T | undefined> {
  for (const until = performance.now() + atMost; ; ) {
    const answer = await ask();
    if (answer !== undefined || performance.now() >= until) return answer;
    await pauseFor(every, signal);
  }
}

/** @throws the signal's reason */
async function pauseFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error) => {
    signal?.throwIfAborted();
    throw error;
  });
}
