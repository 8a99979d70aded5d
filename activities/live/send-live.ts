// live/: sends the requests of a small round live instead of as a batch. Start here.

import type { SendLiveInput, SubmitOutcome } from '../../src/job/activity-types';
import type { AttemptIntent, RoundDecision } from '../../src/job/protocol/submission';
import { RoundLedger } from '../../src/records/ledger';
import type { Limit } from '../runtime/concurrency-limit';
import { jobSpec } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { readSent } from '../runtime/requests';
import {
  beginAttempt,
  closedChunk,
  OVERTAKEN,
  refusedAttempt,
  standing,
} from '../submission/send-preconditions';
import { newNonce, sendRound } from '../submission/send-round';
import { type BegunLive, LiveRound } from './live-round';
import { JobPaused } from './pause-watch';

/**
 * Sends the requests of a round live through `messages.create`, at full price, until each has its row. This
 * is an attempt of the round like one that sends a batch: the ledger lets only one of them begin. A
 * repetition sends only requests that no process has begun to send.
 */
export function createSendLive(deps: ActivityDeps, calls: Limit) {
  return async function anthropicSendLive(input: SendLiveInput): Promise<SubmitOutcome> {
    return sendRound(deps, input, (decision, signal) => send(deps, calls, input, decision, signal));
  };
}

async function send(
  deps: ActivityDeps,
  calls: Limit,
  input: SendLiveInput,
  decision: RoundDecision,
  signal: AbortSignal,
): Promise<SubmitOutcome> {
  if (decision.kind !== 'maySend') {
    const known = await standing(deps.store, input, decision);
    if (known.kind !== 'notSent') return known;
  }
  const closed = input.close ? undefined : await closedChunk(deps.store, input);
  if (closed) return closed;
  const begun = decision.kind === 'live' ? decision : await begin(deps, input, decision, signal);
  if (!('intent' in begun)) return begun;

  const round = new LiveRound(deps, calls, input, begun);
  try {
    // If the job has ended, answers are kept and nothing more is bought.
    await (input.close || input.jobEnded ? round.close(signal) : round.send(signal));
  } catch (error) {
    if (error instanceof JobPaused)
      return { kind: 'notSent', why: { code: 'paused', requests: error.requests } };
    throw error;
  }
  return { kind: 'answered' };
}

/** Begins the attempt, unless another attempt was first. */
async function begin(
  deps: ActivityDeps,
  input: SendLiveInput,
  decision: RoundDecision,
  signal: AbortSignal,
): Promise<BegunLive | SubmitOutcome> {
  if (decision.kind !== 'maySend' || input.close) return OVERTAKEN;
  const spec = await jobSpec(deps.store, input.job);
  const refused = await refusedAttempt(deps, input, decision.attempt, spec, signal);
  if (refused) return refused;
  const ledger = new RoundLedger(deps.store, input);
  const { length: count } = await readSent(deps.store, input);
  const intent: AttemptIntent = {
    nonce: newNonce(),
    count,
    apiTime: new Date().toISOString(),
    fingerprint: deps.anthropic().fingerprint,
    live: true,
  };
  const refusal = await beginAttempt(deps, input, decision.attempt, intent);
  if (refusal) return refusal;
  const { value } = await ledger.decide(decision.attempt, 'commit');
  return value.decision === 'commit' ? { attempt: decision.attempt, intent } : OVERTAKEN;
}
