import { TimeoutFailure } from '@temporalio/common';
import { patched, sleep } from '@temporalio/workflow';
import { failureMessage } from '../src/job/failure';
import { backoff } from '../src/job/poll';
import type { Submission } from '../src/job/steps';
import type { Chunk } from './chunk';
import { mayPass } from './persist';
import { type Bought, type Closed, resolveRound } from './resolve-round';
import { submitStep } from './steps';

/** The budget has no room for the round, and nobody is to wait for a higher one. */
export interface OverBudget {
  kind: 'over budget';
  reason: string;
}

/** Sends a round until it is bought: once, whatever happens on the way. */
export async function buyRound(chunk: Chunk, round: number): Promise<Bought | OverBudget> {
  const { settings } = chunk.input;
  // Why the last try failed: shown until another does not, so that the job need not be told of each.
  let reason: string | undefined;
  for (let tries = 0; ; tries += 1) {
    await chunk.unpaused();
    await chunk.enter({ phase: 'submitting', round, batch: undefined, since: undefined, reason });
    const changes = chunk.budgetChanges;
    const sent = await send(chunk, round);
    const closed = sent.kind === 'bought' || sent.kind === 'clear' ? sent : await resolve(chunk, round);
    if (closed.kind === 'bought') return closed;
    // By its own end before a Reset, or by its job's, after which nothing is sent: the next try is told.
    if (closed.closed && patched('ask-when-closed')) await chunk.ask();

    // An attempt that died or was overtaken is sent again at once; one that was refused, or failed, after a pause.
    reason = closed.reason ?? sent.reason;
    if (reason === undefined) continue;
    const { overBudget } = closed;
    if (overBudget === 'full' && settings.onBudget !== 'wait') return { kind: 'over budget', reason };
    const pause = { atLeast: closed.delay, spread: Math.random(), unpaid: closed.unpaid };
    if (overBudget) {
      // Where others are on their way room may come soon, of which another segment's chunks are not told.
      const most = backoff(tries, settings, { ...pause, unpaid: overBudget === 'full' });
      await chunk.room(reason, changes, most);
      continue;
    }
    await chunk.enter({ phase: 'backing off', reason });
    await sleep(backoff(tries, settings, pause), {
      summary: `${chunk.name}: send round ${round} again`,
    });
  }
}

async function resolve(chunk: Chunk, round: number): Promise<Closed> {
  const closed = await resolveRound(chunk, round, (reason) => chunk.released(reason));
  if (!closed) throw new Error(`Round ${round} was left open although a person could be asked.`);
  return closed;
}

type Sent = Exclude<Submission, { kind: 'held' }> & { reason?: string };

async function send(chunk: Chunk, round: number): Promise<Sent> {
  const { times, plan } = chunk.input;
  try {
    const sent = await submitStep(times.heartbeat).anthropicSubmit.executeWithOptions(
      { summary: `${chunk.name}: send round ${round}${round === 0 ? `, ${plan.requests} requests` : ''}` },
      [{ ...chunk.ref(round), times, jobEnded: chunk.jobEnded || undefined, heard: chunk.heard }],
    );
    return sent as Sent;
  } catch (error) {
    if (!mayPass(error)) throw error;
    // A death needs no pause: the ledger knows whether anything can have been bought.
    const died = error.cause instanceof TimeoutFailure;
    return { kind: 'look', complete: false, watching: [], reason: died ? undefined : failureMessage(error) };
  }
}
