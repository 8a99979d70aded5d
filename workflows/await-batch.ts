import { ApplicationFailure } from '@temporalio/common';
import { ActivityFailure, isCancellation, sleep } from '@temporalio/workflow';
import { Absence } from '../src/job/absence';
import { FAILURE, failureType } from '../src/job/failure';
import { nextPoll } from '../src/job/poll';
import type { Chunk } from './chunk';
import { pollStep } from './steps';

/** Sleeps and polls until a batch has ended. Nothing runs anywhere in between. */
export async function awaitBatch(chunk: Chunk, batch: string): Promise<void> {
  const since = Date.now();
  const { settings, job, times } = chunk.input;
  const absence = new Absence();
  await chunk.enter({ phase: 'in progress', batch, since, reason: undefined });
  for (;;) {
    const delay = nextPoll(since, Date.now(), settings) - Date.now();
    chunk.show({});
    await sleep(delay, { summary: `${chunk.name}: next look at ${batch}` });
    try {
      const { status, orphaned, reason } = await pollStep.anthropicPoll.executeWithOptions(
        { summary: `${chunk.name}: look at ${batch}` },
        [{ job, chunk: chunk.input.chunk, batch, watch: chunk.watch ? times : undefined }],
      );
      if (status === 'ended') return;
      absence.seen();
      chunk.show({ reason, orphaned: orphaned ?? chunk.state.orphaned });
    } catch (error) {
      if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
      if (failureType(error) !== FAILURE.notFound) absence.seen();
      else if (absence.missed(Date.now())) {
        throw ApplicationFailure.nonRetryable(
          `The API does not know the batch ${batch} any more: it was deleted, or the key reaches another workspace.`,
          FAILURE.batchGone,
        );
      }
      chunk.show({ reason: error.cause?.message });
    }
  }
}
