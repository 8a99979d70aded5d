import { setTimeout as sleep } from 'node:timers/promises';

/** Thrown by a check that can never come true any more: `eventually` stops at once. */
export class Hopeless extends Error {}

/**
 * Waits until `check` neither throws nor gives `false`, `null` or `undefined`, and gives what it gave.
 *
 * @throws the last error of the check, or one that shows its last value, after `timeout` (default two minutes: what comes in a second here takes long on a busy machine).
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
