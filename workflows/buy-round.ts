import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { ActivityFailure, isCancellation, sleep } from '@temporalio/workflow';
import { backoff, nextPoll } from '../src/job/poll';
import type { Submission } from '../src/job/steps';
import type { Chunk } from './chunk';
import { steps, submitStep } from './steps';

export type Bought = Extract<Submission, { kind: 'bought' }>;
type Closed = Extract<Submission, { kind: 'bought' | 'clear' }>;

/** Complete looks, begun after the grace, that must see nothing before a commit is presumed void. */
const LOOKS = 2;

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
  let since: number | undefined;
  let looks = 0;
  let allowed = 1;
  let attempt: number | undefined;
  /** A person released a chunk that never gives up by itself. */
  let released = false;
  for (;;) {
    const afterGrace = since !== undefined && times.grace !== null && Date.now() - since >= times.grace;
    const result = await steps.anthropicReconcile.executeWithOptions(
      { summary: `${chunk.name}: what became of round ${round}` },
      [{ ...chunk.ref(round), times, attempt, giveUp: looks >= LOOKS, allowed }],
    );
    if (result.kind === 'bought' || result.kind === 'clear') return result;

    if (result.kind === 'look' && result.attempt !== attempt) {
      attempt = result.attempt;
      since = undefined;
      looks = 0;
    }
    since ??= Date.now();
    const nothing = result.kind === 'look' && result.complete && result.watching.length === 0;
    if (result.kind === 'held' || (nothing && times.grace === null && !released)) {
      await chunk.released(
        result.reason ?? 'A batch was sent, its answer was lost, and no batch shows in the list.',
      );
      allowed += 1;
      since = undefined;
      // What came to show while it was held is found before anything is sent again.
      looks = 0;
      released = times.grace === null;
      continue;
    }
    looks = nothing && (afterGrace || released) ? looks + 1 : 0;
    const watching = result.watching.length > 0 ? `; watching ${result.watching.join(', ')}` : '';
    chunk.show({
      phase: 'looking',
      reason: result.reason ?? `the answer to round ${round} was lost; looking for its batch${watching}`,
    });
    await sleep(Math.max(1, nextPoll(since, Date.now(), settings) - Date.now()), {
      summary: `${chunk.name}: look for round ${round}`,
    });
  }
}
