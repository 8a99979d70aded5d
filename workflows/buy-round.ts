import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { ActivityFailure, isCancellation, sleep } from '@temporalio/workflow';
import { backoff, nextPoll } from '../src/job/poll';
import { afterLook, afterRelease, lookedEnough, NEW_SEARCH, type Search } from '../src/job/search';
import type { Submission } from '../src/job/steps';
import type { Chunk } from './chunk';
import { steps, submitStep } from './steps';

export type Bought = Extract<Submission, { kind: 'bought' }>;
type Closed = Extract<Submission, { kind: 'bought' | 'clear' }>;

/** Sends a round until it is bought: once, whatever happens on the way. */
export async function buyRound(chunk: Chunk, round: number): Promise<Bought> {
  for (let tries = 0; ; tries += 1) {
    await chunk.unpaused();
    await chunk.enter({ phase: 'submitting', round, batch: undefined, since: undefined, reason: undefined });
    const sent = await send(chunk, round);
    const closed = sent.kind === 'bought' || sent.kind === 'clear' ? sent : await resolve(chunk, round);
    if (closed.kind === 'bought') return closed;

    // An attempt that died or was overtaken is sent again at once; one that was refused, or failed, after a pause.
    const reason = closed.reason ?? sent.reason;
    if (reason === undefined) continue;
    const delay = closed.delay ?? backoff(tries, chunk.input.settings);
    await chunk.enter({ phase: 'backing off', reason });
    await sleep(delay, { summary: `${chunk.name}: send round ${round} again` });
  }
}

type Sent = Exclude<Submission, { kind: 'held' }> & { reason?: string };

async function send(chunk: Chunk, round: number): Promise<Sent> {
  const { times, plan } = chunk.input;
  try {
    const sent = await submitStep(times.heartbeat).anthropicSubmit.executeWithOptions(
      { summary: `${chunk.name}: send round ${round}${round === 0 ? `, ${plan.requests} requests` : ''}` },
      [{ ...chunk.ref(round), times }],
    );
    return sent as Sent;
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    if (error.cause instanceof ApplicationFailure && error.cause.nonRetryable) throw error;
    // A death needs no pause: the ledger knows whether anything can have been bought.
    const died = error.cause instanceof TimeoutFailure;
    return { kind: 'look', complete: false, watching: [], reason: died ? undefined : error.cause?.message };
  }
}

/** Closes an attempt that did not close itself: overtakes it, finds its batch, or presumes it void after the grace. */
async function resolve(chunk: Chunk, round: number): Promise<Closed> {
  const { times, settings } = chunk.input;
  let search: Search = NEW_SEARCH;
  for (;;) {
    const { attempt, allowed } = search;
    const began = Date.now();
    const result = await steps.anthropicReconcile.executeWithOptions(
      { summary: `${chunk.name}: what became of round ${round}` },
      [{ ...chunk.ref(round), times, attempt, giveUp: lookedEnough(search), allowed }],
    );
    if (result.kind === 'bought' || result.kind === 'clear') return result;

    const next = afterLook(search, result, began, Date.now(), times);
    if (next.held !== undefined) {
      await chunk.released(next.held);
      search = afterRelease(next.search, times);
      continue;
    }
    search = next.search;
    const watching =
      result.kind === 'look' && result.watching.length > 0 ? `; watching ${result.watching.join(', ')}` : '';
    chunk.show({
      phase: 'looking',
      reason: result.reason ?? `the answer to round ${round} was lost; looking for its batch${watching}`,
    });
    await sleep(Math.max(1, nextPoll(next.search.since, Date.now(), settings) - Date.now()), {
      summary: `${chunk.name}: look for round ${round}`,
    });
  }
}
