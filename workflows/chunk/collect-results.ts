import { ApplicationFailure } from '@temporalio/common';
import type { Bought, Retrieved, RetrieveInput } from '../../src/job/activity-types';
import { FAILURE, failureMessage, failureType } from '../../src/job/failure';
import { MissingBatch } from '../../src/job/protocol/missing-batch';
import { chunkSteps } from '../common/activity-proxies';
import { now } from '../common/clock';
import { awaitBatch } from './await-batch';
import type { Chunk } from './chunk';
import { collectOrphans } from './collect-orphans';
import { retryStep } from './retry-step';

/** What may become the next round. */
type Again = Required<Pick<RetrieveInput, 'retry' | 'unpaid'>>;
type Left = Required<Pick<Retrieved, 'outstanding' | 'unpaid'>>;

const resends = (chunk: Chunk, { retry }: Again) => retry && chunk.input.settings.resendLostResults === true;

/** Rows of a batch are missing after an hour of downloads. */
class RowsMissing extends ApplicationFailure {}

/**
 * Waits for the batch of the chunk's round and takes its results. What of them cannot be had is written off after an hour, and
 * sent again if the job says so.
 *
 * @returns how many requests the next round sends, and how many the account could not pay for.
 */
export async function collectResults(
  chunk: Chunk,
  { batch, stored }: Pick<Bought, 'batch' | 'stored'>,
  again: Again,
): Promise<Left> {
  try {
    if (!stored) await awaitBatch(chunk, batch);
    await collectOrphans(chunk);
    return left(await takeResults(chunk, batch, again));
  } catch (error) {
    const type = failureType(error);
    if (type !== FAILURE.batchGone && type !== FAILURE.resultsGone) throw error;
    // What an orphan answered need not be sent again.
    if (type === FAILURE.batchGone) await collectOrphans(chunk);
    const resend = resends(chunk, again);
    const reason = failureMessage(error);
    const incomplete = error instanceof RowsMissing || undefined;
    const { outstanding, home, there } = await retryStep(chunk, () =>
      chunkSteps.anthropicWriteOff.executeWithOptions(
        { summary: `${chunk.name}: the results of ${batch} are gone` },
        [{ ...chunk.ref(chunk.state.round), batch, reason, resend, incomplete }],
      ),
    );
    if (home) return left(await takeResults(chunk, batch, again, true));
    if (there) return collectResults(chunk, { batch }, again);
    if (!resend) throw error;
    chunk.show({ reason });
    return { outstanding, unpaid: 0 };
  }
}

/** The same of a round that was sent live: its results are in the store. */
export async function collectAnswers(chunk: Chunk, again: Again): Promise<Left> {
  await collectOrphans(chunk);
  return left(await takeResults(chunk, undefined, again));
}

const left = ({ outstanding, unpaid = 0 }: Retrieved): Left => ({ outstanding, unpaid });

/**
 * Takes the results of a batch that has ended. Rows that are not there yet are downloaded again: for an hour, or, of a batch
 * that another tool made, until downloads an hour apart have the same rows.
 *
 * @param writtenOff what is missing is not waited for any more.
 */
export async function takeResults(
  chunk: Chunk,
  batch: string | undefined,
  again: Again,
  writtenOff?: true,
): Promise<Retrieved> {
  const whose = batch ?? 'what was sent live';
  const absence = new MissingBatch();
  chunk.show({ phase: 'retrieving' });
  return retryStep(
    chunk,
    () =>
      chunkSteps.anthropicRetrieve.executeWithOptions({ summary: `${chunk.name}: results of ${whose}` }, [
        { ...chunk.ref(chunk.state.round), batch, ...again, resend: resends(chunk, again), writtenOff },
      ]),
    (error) => {
      const type = failureType(error);
      const isIncomplete = type === FAILURE.resultsIncomplete && !chunk.input.plan.adopted;
      if (type !== FAILURE.notFound && !isIncomplete) absence.seen();
      else if (absence.missed(now())) {
        if (isIncomplete) throw new RowsMissing(failureMessage(error), FAILURE.resultsGone, true);
        throw ApplicationFailure.nonRetryable(
          `The results of the batch ${batch} are gone, although it has ended: ${failureMessage(error)}`,
          FAILURE.resultsGone,
        );
      }
    },
  );
}
