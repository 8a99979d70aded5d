import { attemptState } from '../../../src/job/protocol/submission';
import type { Case } from './cases';
import type { Model, Move } from './explore';
import { faultMoves } from './faults';
import { keyOf } from './key';
import { reconcilerMoves } from './reconciler';
import { senderMoves } from './sender';
import { isDue, serverMoves, strangerMoves } from './server';
import { newState, nonceOf, type Round, type State, TIMES, ticks } from './state';
import { tick } from './tick';
import { workflowMoves } from './workflow';

/** The protocol as a model: the next moves in each state, and the states that must never be reached. */
export function protocol(one: Case): Model<State> {
  return {
    initial: newState({ rounds: one.rounds, faults: one.most, strangers: one.strangers }),
    key: (state) => keyOf(state, one),
    moves: (state) => moves(state, one),
    wrong: (state) => wrong(state, one),
    settled,
    notable: (state) => state.rounds.some((_, r) => paid(state, r).length > 1),
  };
}

function moves(state: State, one: Case): Move<State>[] {
  const all = faultMoves(state, one);
  if (!one.endless || state.rounds.every(isPastAll)) all.push(...strangerMoves(state));
  for (const [r, round] of state.rounds.entries()) {
    for (let s = 0; s < round.senders.length; s += 1) all.push(...senderMoves(state, r, s, one));
    for (let c = 0; c < round.reconcilers.length; c += 1) all.push(...reconcilerMoves(state, r, c, one));
    for (let f = 0; f < round.flights.length; f += 1) all.push(...serverMoves(state, r, f, one));
    all.push(...workflowMoves(state, r, one));
  }
  if (!state.rounds.some((round) => isUrgent(round, one)))
    all.push({ name: 'time passes', next: tick(state) });
  return all;
}

const PAST_ALL = ticks(TIMES.stall + TIMES.existence + TIMES.margin);

/** Whether a commit was met so long ago that a batch created now cannot be its own. */
function isPastAll({ ledger }: Round): boolean {
  return ledger.some(
    (entry) => attemptState(entry) === 'unknown' && entry.seen !== undefined && entry.seen > PAST_ALL,
  );
}

/** Whether a party of the round must move before time passes. */
function isUrgent({ senders, reconcilers, flights, workflow }: Round, one: Case): boolean {
  return (
    senders.some(({ slow, step }) => !slow && step !== 'await the answer') ||
    reconcilers.some(({ slow }) => !slow) ||
    flights.some((flight) => isDue(flight, one)) ||
    workflow.phase === 'send' ||
    workflow.phase === 'salvaging' ||
    workflow.phase === 'closed' ||
    (workflow.phase === 'sleeping' && workflow.due)
  );
}

/** Every round is bought, held for a person or canceled. */
function settled(state: State): boolean {
  return state.rounds.every(
    ({ workflow: { phase } }) => phase === 'bought' || phase === 'held' || phase === 'canceled',
  );
}

function paid(state: State, r: number) {
  return state.batches.filter(({ nonce }) => nonce?.startsWith(`${r}.`));
}

function wrong(state: State, one: Case): string | undefined {
  for (const [r, round] of state.rounds.entries()) {
    const problem = wrongRound(state, r, round, one);
    if (problem) return problem;
  }
  for (const [number, batch] of state.batches.entries()) {
    if (batch.claim !== undefined && batch.claim !== batch.nonce)
      return `Batch ${number} is claimed for ${batch.claim}.`;
    if (batch.canceled && !isProved(state, number))
      return `Batch ${number} is canceled without proof that it is ours.`;
  }
  return undefined;
}

/** Proved by the nonce that was seen in it, or by the API's answer to its attempt. */
function isProved({ rounds, batches }: State, number: number): boolean {
  const { nonce, claim } = batches[number]!;
  if (nonce !== null && claim === nonce) return true;
  return rounds.some((round, r) =>
    round.ledger.some(
      ({ attempt, outcome }) =>
        outcome && 'batch' in outcome && Number(outcome.batch) === number && nonceOf(r, attempt) === nonce,
    ),
  );
}

function wrongRound(
  state: State,
  r: number,
  { ledger, workflow, flights }: Round,
  { worst }: Case,
): string | undefined {
  const batches = paid(state, r);
  const inTime = batches.filter(({ late }) => !late);
  if (inTime.length > worst) return `Round ${r} is paid ${inTime.length} times.`;
  // With any failures: one batch for each attempt that was presumed lost, and one more.
  const lost = ledger.filter((entry) => attemptState(entry) === 'presumed-lost').length;
  if (batches.length > 1 + lost)
    return `Round ${r} is paid ${batches.length} times, with ${lost} presumed lost.`;

  for (const { attempt, outcome } of ledger) {
    if (!outcome || !('batch' in outcome)) continue;
    const nonce = state.batches[Number(outcome.batch)]!.nonce;
    if (nonce !== nonceOf(r, attempt))
      return `Attempt ${r}.${attempt} takes the batch ${outcome.batch} of ${nonce ?? 'a stranger'}.`;
  }
  if (workflow.phase === 'bought' && !state.batches[workflow.batch]!.nonce?.startsWith(`${r}.`)) {
    return `Round ${r} goes on with the batch ${workflow.batch}, which is not its own.`;
  }
  if (workflow.phase === 'canceled' && !workflow.unresolved) {
    const unknown = batches.some(({ canceled, ended, late }) => !canceled && !ended && !late);
    if (unknown || flights.some(({ late }) => !late))
      return `Round ${r} is canceled, and its batch runs unknown.`;
  }
  const running = batches.filter(
    ({ nonce, claim, canceled, ended }) => claim === nonce && !canceled && !ended,
  );
  if (running.length > 1) return `Round ${r} lets two batches run of which it knows that they are its own.`;
  return undefined;
}
