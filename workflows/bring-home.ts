import { ApplicationFailure } from '@temporalio/common';
import { sleep } from '@temporalio/workflow';
import { Absence } from '../src/job/absence';
import { FAILURE, failureMessage, failureType } from '../src/job/failure';
import { backoff } from '../src/job/poll';
import type { Retrieved } from '../src/job/steps';
import { awaitBatch } from './await-batch';
import type { Chunk } from './chunk';
import { collectOrphans } from './collect-orphans';
import { steps } from './steps';

/**
 * Waits for the batch of the chunk's round and takes its results. Where they are gone for good that is noted, and their
 * requests are sent again if the job says so.
 *
 * @param more whether there may be another round
 * @returns how many requests the next round sends.
 */
export async function bringHome(chunk: Chunk, batch: string, more: boolean): Promise<number> {
  try {
    await awaitBatch(chunk, batch);
    await collectOrphans(chunk);
    return (await takeResults(chunk, batch, more)).outstanding;
  } catch (error) {
    const type = failureType(error);
    if (type !== FAILURE.batchGone && type !== FAILURE.resultsGone) throw error;
    // What an orphan answered need not be sent again.
    if (type === FAILURE.batchGone) await collectOrphans(chunk);
    const resend = more && chunk.input.settings.resendLostResults === true;
    const reason = failureMessage(error);
    const { outstanding } = await steps.anthropicWriteOff.executeWithOptions(
      { summary: `${chunk.name}: the results of ${batch} are gone` },
      [{ ...chunk.ref(chunk.state.round), batch, reason, resend }],
    );
    if (!resend) throw error;
    chunk.show({ reason });
    return outstanding;
  }
}

/** Takes the results of a batch that has ended; those that are not there yet are waited for. */
export async function takeResults(chunk: Chunk, batch: string, retry: boolean): Promise<Retrieved> {
  const absence = new Absence();
  for (let tries = 0; ; tries += 1) {
    chunk.show({ phase: 'retrieving' });
    try {
      return await steps.anthropicRetrieve.executeWithOptions(
        { summary: `${chunk.name}: results of ${batch}` },
        [{ ...chunk.ref(chunk.state.round), batch, retry }],
      );
    } catch (error) {
      if (failureType(error) !== FAILURE.notFound) throw error;
      if (absence.missed(Date.now())) {
        throw ApplicationFailure.nonRetryable(
          `The results of the batch ${batch} are gone, although it has ended: ${failureMessage(error)}`,
          FAILURE.resultsGone,
        );
      }
      chunk.show({ reason: failureMessage(error) });
      await sleep(backoff(tries, chunk.input.settings), {
        summary: `${chunk.name}: ask for the results of ${batch} again`,
      });
    }
  }
}
