import { setTimeout as sleep } from 'node:timers/promises';

/** Thrown by a check that can never succeed. `eventually` stops at once. */
export class Hopeless extends Error {}

/**
 * Waits until `check` neither throws nor returns `false`, `null` or `undefined`. Returns its result.
 *
 * @throws the last error of the check, or one that shows its last value, after `timeout` (default two
 *   minutes, because a busy machine is slow)
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeout = 120_000, interval = 50, what = 'the condition' } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const limit = Date.now() + timeout;
  for (;;) {
    let problem: unknown;
    try {
      const value = await check();
      if (value !== false && value !== null && value !== undefined) {
        return value as Exclude<T, false | null | undefined>;
      }
      problem = new Error(`still ${value}`);
    } catch (error) {
      problem = error;
    }
    if (problem instanceof Hopeless) throw problem;
    if (Date.now() > limit) {
      const reason = problem instanceof Error ? problem.message : String(problem);
      throw new Error(`${what} did not come true within ${timeout} ms: ${reason}`, { cause: problem });
    }
    await sleep(interval);
  }
}
