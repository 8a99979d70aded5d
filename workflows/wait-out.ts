import { sleep } from '@temporalio/workflow';
import { failureMessage, failureType } from '../src/job/failure';
import { firstStepPause } from '../src/job/wait-for-worker';
import { askedToWait, mayPass } from './persist';

/**
 * Takes the first step of a job, and waits for as long as `patience` milliseconds for a worker that can take it and an API that
 * answers. Any other failure is thrown at once.
 *
 * @param waits takes the reason for which the job waits, and `undefined` once the step is done.
 */
export async function waitOut<T>(
  step: () => Promise<T>,
  patience: number,
  waits: (reason: string | undefined) => void,
): Promise<T> {
  const begun = Date.now();
  for (let tries = 0; ; tries += 1) {
    try {
      const done = await step();
      if (tries > 0) waits(undefined);
      return done;
    } catch (error) {
      if (!mayPass(error)) throw error;
      const pause = firstStepPause({
        type: failureType(error),
        tries,
        waited: Date.now() - begun,
        patience,
        atLeast: askedToWait(error),
        spread: Math.random(),
      });
      if (pause === undefined) throw error;
      waits(failureMessage(error));
      await sleep(pause, { summary: 'try the first step again' });
    }
  }
}
