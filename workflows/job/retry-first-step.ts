import { failureType } from '../../src/job/failure';
import { failedReason, type WaitReason } from '../../src/job/reason';
import { earlyStepPause } from '../../src/job/worker-wait';
import { now } from '../common/clock';
import { askedToWait, retry } from '../common/retry';

/** Retries a step until a worker has done it. */
export type UntilTaken = <T>(step: () => Promise<T>) => Promise<T>;

/**
 * Returns a function that retries a job's steps before the first send. Each step waits at most `atMost`
 * milliseconds for a suitable worker and an API that answers. Any other failure is thrown at once.
 *
 * @param waits called with the reason for which the job waits, and with `undefined` once the step is done
 */
export function retryFirstSteps(atMost: number, waits: (reason: WaitReason | undefined) => void): UntilTaken {
  return (step) => {
    const begun = now();
    return retry(step, {
      summary: 'retry the step',
      failed(error, tries) {
        const pause = earlyStepPause({
          type: failureType(error),
          tries,
          waited: now() - begun,
          atMost,
          atLeast: askedToWait(error),
          spread: Math.random(),
        });
        if (pause === undefined) throw error;
        waits(failedReason(error));
        return pause;
      },
      recovered: () => waits(undefined),
    });
  };
}
