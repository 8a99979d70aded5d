import { failureMessage, failureType } from '../../src/job/failure';
import { earlyStepPause } from '../../src/job/worker-wait';
import { askedToWait, mayPass } from '../chunk/retry-step';
import { now, sleep } from '../common/clock';

/** Retries a step until a worker has done it. */
export type UntilTaken = <T>(step: () => Promise<T>) => Promise<T>;

/**
 * Returns a function that retries a job's steps before the first send. Each step waits at most `patience`
 * milliseconds for a suitable worker and an API that answers. Any other failure is thrown at once.
 *
 * @param waits called with the reason for which the job waits, and with `undefined` once the step is done
 */
export function retryFirstSteps(patience: number, waits: (reason: string | undefined) => void): UntilTaken {
  return async (step) => {
    const begun = now();
    for (let tries = 0; ; tries += 1) {
      try {
        const done = await step();
        if (tries > 0) waits(undefined);
        return done;
      } catch (error) {
        if (!mayPass(error)) throw error;
        const pause = earlyStepPause({
          type: failureType(error),
          tries,
          waited: now() - begun,
          patience,
          atLeast: askedToWait(error),
          spread: Math.random(),
        });
        if (pause === undefined) throw error;
        waits(failureMessage(error));
        await sleep(pause, { summary: 'retry the step' });
      }
    }
  };
}
