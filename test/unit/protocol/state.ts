import type { Search } from '../../../src/job/protocol/search';
import {
  type AttemptLedger,
  type AttemptOutcome,
  submissionTimes,
} from '../../../src/job/protocol/submission';
import type { Rules } from './rules';

/** All of the protocol's default times but the gate's are whole ticks; the gate's is less than one. */
export const TICK = 5 * 60_000;

export const TIMES = submissionTimes();

export const ticks = (milliseconds: number) => Math.ceil(milliseconds / TICK);

/** Now, for whoever wants a time: the states keep ages, in ticks, so that it does not matter when all this happens. */
const NOW = 1_000_000 * TICK;
export const timeOf = (age: number) => NOW - age * TICK;
export const ageOf = (time: number) => (NOW - time) / TICK;

const dates: Date[] = [];
const isoTimes: string[] = [];
export function dateOf(age: number): Date {
  dates[age] ??= new Date(timeOf(age));
  return dates[age];
}
/** The time as the API writes it. */
export function isoOf(age: number): string {
  isoTimes[age] ??= dateOf(age).toISOString();
  return isoTimes[age];
}

/** Everything there is: the API, and the rounds of equally many requests that are bought in one workspace of it. */
export interface State {
  rounds: readonly Round[];
  batches: readonly ApiBatch[];
  /** How many more faults may strike. */
  faults: number;
  /** How many more batches other tools may make. */
  strangers: number;
}

/** A round: what the store, the API, Temporal and processes hold of it. */
export interface Round {
  ledger: readonly Entry[];
  senders: readonly Sender[];
  reconcilers: readonly Reconciler[];
  flights: readonly Flight[];
  workflow: Workflow;
  /** How often the chunk was closed to whoever had been asked before to send. */
  closings: number;
}

/** An attempt's entries in the ledger, and the ages of the times among them. */
export interface Entry extends AttemptLedger {
  /** Of the intent's API time. */
  begun: number;
  /** Of the moment in which the commit without an outcome was first met. */
  seen?: number;
}

/** A batch that exists. All have as many requests. */
export interface ApiBatch {
  /** Of the attempt that made it; `null` for one that another tool made. */
  nonce: string | null;
  age: number;
  ended: boolean;
  /** By us. */
  canceled: boolean;
  /** What stands under `batches/` of the store; absent when nothing does. */
  claim?: string | null;
  /** Its tail was sent out of the window that no client can close. */
  late: boolean;
}

/** What was sent whole, and is at the API or on its way there. */
export interface Flight {
  attempt: number;
  age: number;
  late: boolean;
}

/**
 * A run of the activity that sends, at the step that it takes next. `age`: of the API's time that it was told, of its asking for
 * the commit, of its passing the clocks.
 */
export type Sender = Pace &
  /** `closings`: how often the chunk had been closed when this run was asked for. */
  (
    | { step: 'begin'; closings: number }
    | { step: 'see whether it is closed'; closings: number; attempt: number; age: number }
    | { step: 'intend'; attempt: number; age: number }
    | { step: 'commit'; attempt: number }
    | { step: 'look at the clocks'; attempt: number; age: number }
    | { step: 'send the tail'; attempt: number; age: number }
    | { step: 'await the answer'; attempt: number }
    | { step: 'note the answer'; attempt: number; answer: Answer }
    | { step: 'claim'; attempt: number; batch: number; orphan: boolean }
  );

export interface Pace {
  /** It may take its next step at any later time, or never. Others take it before time passes. */
  slow?: true;
  /** Its workflow has gone on without it. */
  zombie?: true;
  /** Its workflow wants it to stop. */
  canceled?: true;
}

export type Answer = { kind: 'created'; batch: number } | { kind: 'refused' } | { kind: 'unknown' };

/** A run of the activity that finds out what became of an attempt, at the step that it takes next. */
export type Reconciler = Pace & { input: Input; age: number } & (
    | { step: 'read' }
    /** `before`: attempts that were given up, when it read the ledger. */
    | { step: 'overtake'; before: readonly Entry[]; attempt: number }
    | { step: 'conclude'; before: readonly Entry[]; attempt: number }
    | { step: 'found'; attempt: number; batch: number }
  );

/** What the workflow asks the reconciler. */
export interface Input {
  presumeLost: boolean;
  attempt?: number;
  allowed: number;
}

/** A search, with the age of its `since`. */
export type Searching = Omit<Search, 'since'> & { age?: number };

export type Workflow =
  | { phase: 'send' }
  | { phase: 'sending' }
  /** `cutShort`: its job is canceled; it looks on, but nobody is asked and nothing is sent again. */
  | { phase: 'resolving'; search: Searching; cutShort?: true }
  /** Sleeps until the next look; `due` when it is to come before time passes. */
  | { phase: 'sleeping'; search: Searching; due: boolean; cutShort?: true }
  | { phase: 'held'; search: Searching }
  | { phase: 'bought'; batch: number }
  /** Its cancellation waits for the activity that runs. */
  | { phase: 'canceling' }
  | { phase: 'salvaging' }
  | { phase: 'closed' }
  | { phase: 'canceled'; unresolved: boolean };

export const nonceOf = (round: number, attempt: number) => `${round}.${attempt}`;

const NEW_ROUND: Round = {
  ledger: [],
  senders: [],
  reconcilers: [],
  flights: [],
  workflow: { phase: 'send' },
  closings: 0,
};

export function newState(bounds: { rounds: number; faults: number; strangers: number }): State {
  const { rounds, faults, strangers } = bounds;
  return {
    rounds: Array.from({ length: rounds }, () => NEW_ROUND),
    batches: [],
    faults,
    strangers,
  };
}

export function withRound(state: State, round: number, change: Partial<Round>): State {
  return { ...state, rounds: replace(state.rounds, round, { ...state.rounds[round]!, ...change }) };
}

/** @param item `undefined` removes what stands there. */
export function replace<T>(items: readonly T[], index: number, item: T | undefined): T[] {
  return item === undefined ? items.toSpliced(index, 1) : items.with(index, item);
}

/** Changes an attempt's entries in the ledger; a new attempt gets its place. */
export function withEntry(state: State, round: number, attempt: number, change: Partial<Entry>): State {
  const { ledger } = state.rounds[round]!;
  const index = ledger.findIndex((entry) => entry.attempt === attempt);
  const entries =
    index < 0
      ? [...ledger, { attempt, begun: 0, ...change }].sort((a, b) => a.attempt - b.attempt)
      : replace(ledger, index, { ...ledger[index]!, ...change });
  return withRound(state, round, { ledger: entries });
}

export function entryOf(state: State, round: number, attempt: number): Entry | undefined {
  return state.rounds[round]!.ledger.find((entry) => entry.attempt === attempt);
}

/** An exclusive create of an outcome. @returns what stands. */
export function close(
  state: State,
  round: number,
  attempt: number,
  outcome: AttemptOutcome,
  { outcomeIsExclusive }: Pick<Rules, 'outcomeIsExclusive'>,
): [State, AttemptOutcome] {
  const standing = entryOf(state, round, attempt)?.outcome;
  if (standing && outcomeIsExclusive) return [state, standing];
  return [withEntry(state, round, attempt, { outcome }), outcome];
}

/** An exclusive create of a decision. @returns what stands. */
export function decide(
  state: State,
  round: number,
  attempt: number,
  decision: 'commit' | 'overtaken',
): [State, 'commit' | 'overtaken'] {
  const standing = entryOf(state, round, attempt)?.decision;
  if (standing) return [state, standing.decision];
  return [withEntry(state, round, attempt, { decision: { decision } }), decision];
}

export function withBatch(state: State, batch: number, change: Partial<ApiBatch>): State {
  return { ...state, batches: replace(state.batches, batch, { ...state.batches[batch]!, ...change }) };
}

/** An exclusive create of a claim: what stands already stays. */
export function claim(state: State, batch: number, nonce: string | null): State {
  return state.batches[batch]!.claim === undefined ? withBatch(state, batch, { claim: nonce }) : state;
}
