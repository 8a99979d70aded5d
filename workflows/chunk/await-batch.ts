import { ApplicationFailure } from '@temporalio/common';
import { ActivityFailure, isCancellation } from '@temporalio/workflow';
import { FAILURE, failureType } from '../../src/job/failure';
import { nextPoll } from '../../src/job/poll';
import { MissingBatch } from '../../src/job/protocol/missing-batch';
import { failedReason } from '../../src/job/reason';
import { pollStep } from '../common/activity-proxies';
import { now, sleep } from '../common/clock';
import { askedToWait } from '../common/retry';
import type { Chunk } from './chunk';

/** Sleeps and polls until a batch has ended. No activity runs between polls. */
export async function awaitBatch(chunk: Chunk, batch: string): Promise<void> {
  const begun = now();
  const { settings, job, times } = chunk.input;
  const absence = new MissingBatch();
  let asked = 0;
  await chunk.enter({ phase: 'in progress', batch, since: Date.now(), reason: undefined });
  for (;;) {
    const time = now();
    const delay = Math.max(asked, nextPoll(begun, time, settings) - time);
    chunk.show({});
    await sleep(delay, { summary: `${chunk.name}: next poll of ${batch}` });
    try {
      const { status, orphaned, reason } = await pollStep.anthropicPoll.executeWithOptions(
        { summary: `${chunk.name}: poll ${batch}` },
        [{ job, chunk: chunk.input.chunk, batch, watch: chunk.watch ? times : undefined }],
      );
      if (status === 'ended') return;
      absence.seen();
      asked = 0;
      await chunk.enter({ reason, orphaned: orphaned ?? chunk.state.orphaned });
    } catch (error) {
      if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
      assertKnown(batch, absence, error);
      asked = askedToWait(error);
      await chunk.enter({ reason: failedReason(error) });
    }
  }
}

/** Counts a failed poll. @throws if the API has not known the batch for too long. */
function assertKnown(batch: string, absence: MissingBatch, error: ActivityFailure): void {
  if (failureType(error) !== FAILURE.notFound) absence.seen();
  else if (absence.missed(now())) {
    throw ApplicationFailure.nonRetryable(
      `The API no longer knows the batch ${batch}. It was deleted, or the key reaches another workspace.`,
      FAILURE.batchGone,
    );
  }
}
