import { sleep } from '@temporalio/workflow';
import { failureMessage, failureType, passesByItself } from '../src/job/failure';
import { backoff } from '../src/job/poll';
import { askedToWait, mayPass } from './persist';

const PATIENCE = 3_600_000;

/** The job's own times are not known yet. */
const PAUSES = { pollFloor: 30_000, pollCeiling: 300_000 };

/**
 * Takes the first step of a job, and waits for an API that is away for as long as an hour. Anything else is told as soon as a few quick tries
 * have not mended it: most likely somebody has to.
 */
export async function waitOut<T>(
  step: () => Promise<T>,
  waits: (reason: string | undefined) => void,
): Promise<T> {
  const begun = Date.now();
  for (let tries = 0; ; tries += 1) {
    try {
      const done = await step();
      if (tries > 0) waits(undefined);
      return done;
    } catch (error) {
      const passing = mayPass(error) && passesByItself(failureType(error));
      if (!passing || Date.now() - begun >= PATIENCE) throw error;
      waits(failureMessage(error));
      const pause = backoff(tries, PAUSES, { atLeast: askedToWait(error), spread: Math.random() });
      await sleep(pause, { summary: 'try the first step again' });
    }
  }
}
