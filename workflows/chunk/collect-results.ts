import { ApplicationFailure } from '@temporalio/common';
import type { Bought, Retrieved, RetrieveInput } from '../../src/job/activity-types';
import { FAILURE, failureMessage, failureType } from '../../src/job/failure';
import { MissingBatch } from '../../src/job/protocol/missing-batch';
import { failedReason } from '../../src/job/reason';
import { chunkSteps } from '../common/activity-proxies';
import { now } from '../common/clock';
import { awaitBatch } from './await-batch';
import type { Chunk } from './chunk';
import { collectOrphans } from './collect-orphans';
import { retryStep } from './retry-step';

/** Whether failed requests may be resent in a next round, and whether unpaid ones may. */
type Again = Required<Pick<RetrieveInput, 'retry' | 'unpaid'>>;
type Left = Required<Pick<Retrieved, 'outstanding' | 'unpaid'>>;

const resends = (chunk: Chunk, { retry }: Again) => retry && chunk.input.settings.resendLostResults === true;

/** Rows of a batch are still missing after an hour of downloads. */
class RowsMissing extends ApplicationFailure {}

/**
 * Waits for the batch of the chunk's round and collects its results. Writes off missing results after an
 * hour, and resends their requests if the job allows it.
 *
 * @returns how many requests the next round sends, and how many of them the account could not pay for
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
    // Requests that an orphan answered need not be resent.
    if (type === FAILURE.batchGone) await collectOrphans(chunk);
    const resend = resends(chunk, again);
    const reason = failedReason(error);
    const incomplete = error instanceof RowsMissing || undefined;
    const { outstanding, home, there } = await retryStep(chunk, () =>
      chunkSteps.anthropicWriteOff.executeWithOptions(
        { summary: `${chunk.name}: write off lost results of ${batch}` },
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

/** Collects the results of a round that was sent live. They are already in the store. */
export async function collectAnswers(chunk: Chunk, again: Again): Promise<Left> {
  await collectOrphans(chunk);
  return left(await takeResults(chunk, undefined, again));
}

const left = ({ outstanding, unpaid = 0 }: Retrieved): Left => ({ outstanding, unpaid });

/**
 * Collects the results of a batch that has ended. Missing rows are downloaded again: for an hour, or, for a
 * batch that another tool made, until downloads an hour apart have the same rows.
 *
 * @param writtenOff do not wait for missing rows any longer
 */
export async function takeResults(
  chunk: Chunk,
  batch: string | undefined,
  again: Again,
  writtenOff?: true,
): Promise<Retrieved> {
  const whose = batch ?? 'live requests';
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
