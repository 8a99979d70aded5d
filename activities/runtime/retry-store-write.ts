import { setTimeout as sleep } from 'node:timers/promises';

/** Pauses between the tries, in milliseconds. The last one repeats. */
const PAUSES = [100, 400, 2_000, 5_000, 15_000];
const FOR = 5 * 60_000;

/**
 * Retries a write that must not get lost when a store fails for a moment. Retries for five minutes,
 * regardless of cancellation.
 *
 * @throws the last error
 */
export async function retryStoreWrite<T>(work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() - begun > FOR) throw error;
      await sleep(PAUSES[Math.min(tries, PAUSES.length - 1)]);
    }
  }
}
