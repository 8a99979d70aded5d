import { TimeoutFailure } from '@temporalio/common';
import type { Submission, SubmitInput } from '../../src/job/activity-types';
import { failureMessage } from '../../src/job/failure';
import { backoff } from '../../src/job/poll';
import { liveStep, submitStep } from '../common/activity-proxies';
import { sleep } from '../common/clock';
import type { Chunk } from './chunk';
import { type Bought, type Closed, reconcileAttempt } from './reconcile-attempt';
import { mayPass, retryStep } from './retry-step';

/** Sent live: there is no batch to wait for. */
type Answered = Extract<Submission, { kind: 'live' }>;

/** A budget has no room for the round, and the job is not to wait for any. */
interface NoRoom {
  kind: 'over budget';
  reason: string;
}

/**
 * Sends a round until it is bought: once, whatever happens on the way.
 *
 * @param live sends it live, unless it was begun as a batch; and one that was begun live goes on as such.
 */
export async function submitRound(
  chunk: Chunk,
  round: number,
  live: boolean,
): Promise<Bought | Answered | NoRoom> {
  const { settings } = chunk.input;
  // Why the last try failed: shown until another does not, so that the job need not be told of each.
  let reason: string | undefined;
  let singly = live;
  let waitedForRoom: true | undefined;
  for (let tries = 0; ; tries += 1) {
    const phase = singly ? 'sending live' : 'submitting';
    await chunk.enter({ phase, round, batch: undefined, since: undefined, reason });
    const input = submitInput(chunk, round, waitedForRoom);
    const sent = await (singly ? sendLive(chunk, input) : send(chunk, input));
    if (sent.kind === 'live') {
      if (sent.home) return sent;
      singly = true;
      if (sent.paused !== undefined) await chunk.unpaused(sent.paused);
      continue;
    }
    const closed = sent.kind === 'bought' || sent.kind === 'clear' ? sent : await resolve(chunk, round);
    if (closed.kind === 'bought') return closed;
    // By its own end before a Reset, or by its job's, after which nothing is sent: the next try is told.
    if (closed.closed) await chunk.ask();
    if (closed.paused !== undefined) {
      await chunk.unpaused(closed.paused);
      continue;
    }

    // An attempt that died or was overtaken is sent again at once; one that was refused, or failed, after a pause.
    reason = closed.reason ?? sent.reason;
    if (reason === undefined) continue;
    const { overBudget } = closed;
    if (overBudget === 'full' && settings.onBudget !== 'wait') return { kind: 'over budget', reason };
    const pause = { atLeast: closed.delay, spread: Math.random(), unpaid: closed.unpaid };
    if (overBudget) {
      // Where others are on their way room may come soon, of which another segment's chunks are not told.
      const most = backoff(tries, settings, { ...pause, unpaid: overBudget === 'full' });
      await chunk.room(round, reason, most);
      waitedForRoom = true;
      continue;
    }
    await chunk.enter({ phase: 'backing off', reason });
    await sleep(backoff(tries, settings, pause), {
      summary: `${chunk.name}: send round ${round} again`,
    });
  }
}

function submitInput(chunk: Chunk, round: number, waitedForRoom: true | undefined): SubmitInput {
  const { times } = chunk.input;
  const jobEnded = chunk.jobEnded || undefined;
  return { ...chunk.ref(round), times, jobEnded, heard: chunk.heard, waitedForRoom };
}

async function resolve(chunk: Chunk, round: number): Promise<Closed> {
  const closed = await reconcileAttempt(chunk, round, (reason) => chunk.released(reason));
  if (!closed) throw new Error(`Round ${round} was left open although a person could be asked.`);
  return closed;
}

type Sent = Exclude<Submission, { kind: 'held' }> & { reason?: string };

async function sendLive(chunk: Chunk, input: SubmitInput): Promise<Sent> {
  const summary = `${chunk.name}: send round ${input.round} live, at full price`;
  const sent = await retryStep(chunk, () =>
    liveStep.anthropicSendLive.executeWithOptions({ summary }, [input]),
  );
  return sent as Sent;
}

async function send(chunk: Chunk, input: SubmitInput): Promise<Sent> {
  const { round } = input;
  const { times, plan } = chunk.input;
  try {
    const sent = await submitStep(times.heartbeat).anthropicSubmit.executeWithOptions(
      { summary: `${chunk.name}: send round ${round}${round === 0 ? `, ${plan.requests} requests` : ''}` },
      [input],
    );
    return sent as Sent;
  } catch (error) {
    if (!mayPass(error)) throw error;
    // A death needs no pause: the ledger knows whether anything can have been bought.
    const died = error.cause instanceof TimeoutFailure;
    return { kind: 'look', complete: false, watching: [], reason: died ? undefined : failureMessage(error) };
  }
}
