import { retry } from '../../src/async/retry';

/** Pauses between the tries, in milliseconds. The last one repeats. */
const PAUSES = [100, 400, 2_000, 5_000, 15_000];
const FOR = 5 * 60_000;

/**
 * Retries a write that must not get lost when a store fails for a moment. Retries for five minutes,
 * regardless of cancellation.
 *
 * @throws the last error
 */
export function retryStoreWrite<T>(write: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  return retry(write, {
    schedule: (_, tries) =>
      performance.now() - begun > FOR ? undefined : PAUSES[Math.min(tries, PAUSES.length - 1)],
  });
}
