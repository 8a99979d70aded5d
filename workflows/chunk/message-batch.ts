// chunk/: carries a chunk through its rounds: submits each, waits, and collects the results. Start here.

import { CancellationScope, isCancellation, setWorkflowOptions } from '@temporalio/workflow';
import type { FinishChunkInput, OpenRound } from '../../src/job/activity-types';
import type { MessageBatchInput, Salvage } from '../../src/job/inputs';
import type { ChunkPlan, ChunkSummary } from '../../src/job/job';
import { MOST_ROUNDS } from '../../src/job/limits';
import { OVER_BUDGET } from '../../src/job/outcome';
import { backoff } from '../../src/job/poll';
import { reasonText } from '../../src/job/reason-text';
import { chunkSteps, liveStep } from '../common/activity-proxies';
import { checkInput } from '../common/check-input';
import { sleep } from '../common/clock';
import { versioning } from '../common/versioning';
import { awaitBatch } from './await-batch';
import { Chunk } from './chunk';
import { collectOrphans } from './collect-orphans';
import { collectAnswers, collectResults, takeResults } from './collect-results';
import { reconcileAttempt } from './reconcile-attempt';
import { retryStep } from './retry-step';
import { submitRound } from './submit-round';

setWorkflowOptions(versioning, anthropicMessageBatch);

/**
 * Carries one chunk through its rounds: buys a batch, sleeps and polls until it ends, retrieves the results,
 * and resends the failed requests that may be retried.
 */
export async function anthropicMessageBatch(input: MessageBatchInput): Promise<ChunkSummary> {
  checkInput('anthropicMessageBatch', input);
  const chunk = new Chunk(input);
  const { plan } = input;
  return plan.adopted ? adopt(chunk, plan.adopted) : buy(chunk);
}

/** Carries a chunk of the job's own. If canceled, collects what it bought. */
async function buy(chunk: Chunk): Promise<ChunkSummary> {
  const { plan, salvage: how } = chunk.input;
  let unsent: Unsent | undefined;
  try {
    if (how) await salvage(chunk, how);
    else if (plan.requests > 0) unsent = await rounds(chunk);
    return await finish(chunk, unsent);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => salvage(chunk, true));
    throw error;
  }
}

type Unsent = FinishChunkInput['unsent'];

/** @returns why requests were not sent, if that was not intended */
async function rounds(chunk: Chunk): Promise<Unsent | undefined> {
  const { settings } = chunk.input;
  // Rounds that failed only for lack of credit do not count against the job's `maxRounds`.
  let counted = 0;
  let live = chunk.input.live === true;
  for (let round = 0; ; round += 1) {
    const bought = await submitRound(chunk, round, live);
    if (bought.kind === 'over budget') {
      // A frozen worker may still be sending the round. This closes it.
      await salvage(chunk, 'keep');
      return { type: OVER_BUDGET, message: reasonText(bought.reason) };
    }
    chunk.watch ||= bought.watch ?? false;
    if (bought.kind === 'bought') chunk.counts(bought.batch);
    const unpaidAgain = round + 1 < MOST_ROUNDS;
    const retry = unpaidAgain && counted + 1 < settings.maxRounds;
    const again = { retry, unpaid: unpaidAgain };
    const collect =
      bought.kind === 'bought' ? collectResults(chunk, bought, again) : collectAnswers(chunk, again);
    const { outstanding, unpaid } = await collect;
    if (outstanding === 0) return undefined;

    live = outstanding < (settings.liveBelow ?? 0);
    if (outstanding > unpaid) counted += 1;
    await backOff(chunk, round, outstanding, unpaid);
  }
}

async function backOff(chunk: Chunk, round: number, outstanding: number, unpaid: number): Promise<void> {
  await chunk.enter({
    phase: 'backing off',
    requests: outstanding,
    batch: undefined,
    since: undefined,
    ...(unpaid > 0 ? { reason: { code: 'unpaid', requests: unpaid } } : {}),
  });
  await sleep(backoff(round, chunk.input.settings, { spread: Math.random(), unpaid: unpaid > 0 }), {
    summary: `${chunk.name}: resend ${outstanding} failed requests`,
  });
}

/** Waits for a batch that another tool made and collects its results. Never cancels or resends it. */
async function adopt(
  chunk: Chunk,
  { batch, ended }: NonNullable<ChunkPlan['adopted']>,
): Promise<ChunkSummary> {
  chunk.counts(batch);
  if (ended) await chunk.enter({ phase: 'retrieving', batch });
  else await awaitBatch(chunk, batch);
  await takeResults(chunk, batch, { retry: false, unpaid: false });
  return finish(chunk);
}

const NEVER_SENT: Unsent = { type: 'not_sent', message: 'The request was never sent.' };

async function finish(chunk: Chunk, unsent = NEVER_SENT): Promise<ChunkSummary> {
  const { job, chunk: number } = chunk.input;
  const summary = await retryStep(chunk, () =>
    chunkSteps.anthropicFinishChunk.executeWithOptions({ summary: `${chunk.name}: join rounds` }, [
      { job, chunk: number, canceled: false, unsent },
    ]),
  );
  chunk.show({ cost: summary.cost });
  return summary;
}

/**
 * Cancels the batch of a chunk that was cut short, unless it is to be kept, and collects its finished
 * results: they are paid for. The ledger identifies the batch. The job closes the chunk's results.
 */
async function salvage(chunk: Chunk, how: Salvage): Promise<void> {
  const { job, chunk: number } = chunk.input;
  if (how !== 'keep') await chunk.enter({ phase: 'canceling', reason: undefined });
  const open = await retryStep(chunk, () =>
    chunkSteps.anthropicOpenRound.executeWithOptions({ summary: `${chunk.name}: find the open round` }, [
      { job, chunk: number },
    ]),
  );
  if (!open) return;
  chunk.watch = open.watch ?? false;
  if (open.live) return closeLive(chunk, open.round!);
  const batch = await openBatch(chunk, open, how);
  if (batch !== undefined) await collectResults(chunk, { batch }, { retry: false, unpaid: false });
  else await collectOrphans(chunk);
}

/** Keeps the answers of a round that was sent live, and sends no more of its requests. */
async function closeLive(chunk: Chunk, round: number): Promise<void> {
  chunk.show({ round });
  await retryStep(chunk, () =>
    liveStep.anthropicSendLive.executeWithOptions({ summary: `${chunk.name}: keep live answers` }, [
      { ...chunk.ref(round), times: chunk.input.times, close: true },
    ]),
  );
  await collectAnswers(chunk, { retry: false, unpaid: false });
}

/**
 * Returns the batch of the open round, if the round certainly has one. Cancels it unless it is to be kept.
 * Searches for a lost answer as in any round, but never asks a person and never resends.
 */
async function openBatch(
  chunk: Chunk,
  { round, batch: known }: OpenRound,
  how: Salvage,
): Promise<string | undefined> {
  if (round === undefined) return undefined;
  chunk.show({ round });
  const closed = known === undefined ? await reconcileAttempt(chunk, round) : undefined;
  const batch = closed?.kind === 'bought' ? closed.batch : known;
  if (batch === undefined || how === 'keep') return batch;
  const { job, chunk: number } = chunk.input;
  await retryStep(chunk, () =>
    chunkSteps.anthropicCancel.executeWithOptions({ summary: `${chunk.name}: cancel ${batch}` }, [
      { job, chunk: number, batch },
    ]),
  );
  return batch;
}
