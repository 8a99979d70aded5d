import { TimeoutFailure } from '@temporalio/common';
import type { Answered, Bought, NotSent, SubmitInput, SubmitOutcome } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { backoff } from '../../src/job/poll';
import { failedReason, type OverBudget, type WaitReason } from '../../src/job/reason';
import { roundName } from '../../src/job/round-name';
import { liveStep, submitStep } from '../common/activity-proxies';
import { sleep } from '../common/clock';
import { mayPass } from '../common/retry';
import type { Chunk } from './chunk';
import { reconcileAttempt } from './reconcile-attempt';
import { retryStep } from './retry-step';

/** The round does not fit into a budget, and the job does not wait for it to fit. */
interface LeftOut {
  kind: 'over budget';
  reason: OverBudget;
}

/**
 * Sends a round until it is bought, exactly once.
 *
 * @param live sends it live, unless it was begun as a batch. A round that was begun live goes on live.
 */
// biome-ignore lint/complexity/noExcessiveCognitiveComplexity: a table of why nothing was sent.
export async function submitRound(
  chunk: Chunk,
  round: number,
  live: boolean,
): Promise<Bought | Answered | LeftOut> {
  const { settings } = chunk.input;
  // Why the last try failed. Shown until a try does not fail, so that the job gets few signals.
  let reason: WaitReason | undefined;
  let goesLive = live;
  let waitedForBudget: true | undefined;
  for (let tries = 0; ; tries += 1) {
    const phase = goesLive ? 'sending live' : 'submitting';
    await chunk.enter({ phase, round, batch: undefined, since: undefined, reason });
    const input = submitInput(chunk, round, waitedForBudget);
    const sent = await (goesLive ? sendLive(chunk, input) : send(chunk, input));
    const outcome = sent.kind === 'mustReconcile' ? await reconcile(chunk, round) : sent;
    if (outcome.kind !== 'notSent') return outcome;

    const { why } = outcome;
    switch (why.code) {
      case 'begunLive':
        goesLive = true;
        continue;
      case 'paused':
        await chunk.unpaused(why.requests);
        continue;
      case 'overtaken':
        // An attempt that died is sent again at once; one that failed, after a pause.
        reason = sent.kind === 'mustReconcile' ? sent.reason : undefined;
        if (reason === undefined) continue;
        break;
      case 'overBudget': {
        reason = why.reason;
        const isFull = why.reason.fit === 'full';
        if (isFull && settings.onBudget !== 'wait') return { kind: 'over budget', reason: why.reason };
        // Chunks in flight may free some of the budget soon, and chunks of other segments are not notified.
        await chunk.awaitBudget(
          round,
          reason,
          backoff(tries, settings, { spread: Math.random(), unpaid: isFull }),
        );
        waitedForBudget = true;
        continue;
      }
      case 'fenced':
        // By its own end before a Reset, or by the end of its job: the next try knows which.
        await chunk.ask();
        // A chunk of a segment asks the segment, which may outlive the job.
        chunk.jobEnded ||= why.reason.code === 'jobEnded';
        reason = why.reason;
        break;
      case 'failed':
        reason = why.reason;
        break;
    }
    const atLeast = why.code === 'failed' ? why.delay : undefined;
    const unpaid = why.code === 'failed' && why.reason.type === FAILURE.billing;
    await chunk.enter({ phase: 'backing off', reason });
    await sleep(backoff(tries, settings, { atLeast, spread: Math.random(), unpaid }), {
      summary: `${chunk.name}: send ${roundName(round)} again`,
    });
  }
}

function submitInput(chunk: Chunk, round: number, waitedForBudget: true | undefined): SubmitInput {
  const { times } = chunk.input;
  const jobEnded = chunk.jobEnded || undefined;
  return { ...chunk.ref(round), times, jobEnded, heard: chunk.heard, waitedForBudget };
}

async function reconcile(chunk: Chunk, round: number): Promise<Bought | NotSent> {
  const outcome = await reconcileAttempt(chunk, round, (reason) => chunk.released(reason));
  if (!outcome) throw new Error(`The ${roundName(round)} was left open although a person could be asked.`);
  return outcome;
}

function sendLive(chunk: Chunk, input: SubmitInput): Promise<SubmitOutcome> {
  const summary = `${chunk.name}: send ${roundName(input.round)} live, at full price`;
  return retryStep(chunk, () => liveStep.anthropicSendLive.executeWithOptions({ summary }, [input]));
}

async function send(chunk: Chunk, input: SubmitInput): Promise<SubmitOutcome> {
  const { round } = input;
  const { times, plan } = chunk.input;
  try {
    return await submitStep(times.heartbeat).anthropicSubmit.executeWithOptions(
      {
        summary: `${chunk.name}: send ${roundName(round)}${round === 0 ? `, ${plan.requests} requests` : ''}`,
      },
      [input],
    );
  } catch (error) {
    if (!mayPass(error)) throw error;
    // A worker's death needs no pause: the ledger shows whether anything may have been bought.
    const died = error.cause instanceof TimeoutFailure;
    return { kind: 'mustReconcile', reason: died ? undefined : failedReason(error) };
  }
}
