import type { Search, Window } from '../../../src/job/protocol/search';
import {
  type AttemptLedger,
  type AttemptOutcome,
  submissionTimes,
} from '../../../src/job/protocol/submission';
import type { Case } from './cases';
import type { Rules } from './rules';

/** All default times of the protocol are whole ticks, except the gate's, which is less than one. */
export const TICK = 5 * 60_000;

export const TIMES = submissionTimes();

export const ticks = (milliseconds: number) => Math.ceil(milliseconds / TICK);

/**
 * The current time, for functions that need one. States contain ages in ticks, so its value does not matter.
 */
const NOW = 1_000_000 * TICK;
export const timeOf = (age: number) => NOW - age * TICK;
export const ageOf = (time: number) => (NOW - time) / TICK;

const dates: Date[] = [];
const isoTimes: string[] = [];
function dateOf(age: number): Date {
  dates[age] ??= new Date(timeOf(age));
  return dates[age];
}
/** The time as the API writes it. */
function isoOf(age: number): string {
  isoTimes[age] ??= dateOf(age).toISOString();
  return isoTimes[age];
}

/**
 * The whole world: the API, and rounds with equal numbers of requests that are bought in one of its
 * workspaces.
 */
export interface State {
  rounds: readonly Round[];
  batches: readonly ApiBatch[];
  /** How many more faults may happen. */
  faults: number;
  /** How many more batches other tools may create. */
  strangers: number;
}

/** The state of a round in the store, the API, Temporal and processes. */
export interface Round {
  ledger: readonly Entry[];
  senders: readonly Sender[];
  reconcilers: readonly Reconciler[];
  flights: readonly Flight[];
  workflow: Workflow;
  /** How often the chunk was closed. */
  closings: number;
}

/** An attempt's entries in the ledger, and the ages of the times among them. */
export interface Entry extends AttemptLedger {
  /** The age of the intent's API time. */
  begun: number;
  /** The number of batches at the API when the attempt read its time: the last one was the newest. */
  before: number;
  /** The age of the moment when the commit without an outcome was first met. */
  seen?: number;
}

/** An existing batch. All have the same number of requests. */
export interface ApiBatch {
  /** The nonce of the attempt that created it; `null` for another tool's. */
  nonce: string | null;
  age: number;
  ended: boolean;
  /** We canceled it. */
  canceled: boolean;
  /** The claim under `batches/` in the store, if there is one. */
  claim?: string | null;
  /** Its tail was sent in the window that no client can close. */
  late: boolean;
}

/** Returns when a batch was created. Later batches of one tick are some milliseconds later. */
export const createdAt = ({ age }: ApiBatch, number: number): Date => new Date(timeOf(age) + number);

/** Returns the window in which the batch of an attempt is searched for. `seen` is the age of its commit. */
export function windowOf(
  batches: readonly ApiBatch[],
  { begun, before, seen }: Pick<Entry, 'begun' | 'before' | 'seen'>,
  { rules, clock }: Pick<Case, 'rules' | 'clock'>,
): Window {
  const newest = before === 0 ? new Date(0) : createdAt(batches[before - 1]!, before - 1);
  const intent = { apiTime: isoOf(begun - clock), newest: { createdAt: newest.toISOString() } };
  return rules.candidateWindow(intent, rules.latest(timeOf(seen!) + clock * TICK, timeOf(seen!)), TIMES);
}

/** A fully sent request that is at the API or on its way there. */
export interface Flight {
  attempt: number;
  age: number;
  late: boolean;
}

/**
 * A run of the activity that sends, at its next step. `age` is the age of the API's time that it received, of
 * its request for the commit, or of its check of the clocks.
 */
export type Sender = Pace &
  /** `closings`: how often the chunk had been closed when this run was requested. */
  (
    | { step: 'begin'; closings: number }
    | { step: 'see whether it is closed'; closings: number; attempt: number; age: number; before: number }
    | { step: 'intend'; attempt: number; age: number; before: number }
    | { step: 'commit'; attempt: number }
    | { step: 'check the clocks'; attempt: number; age: number }
    | { step: 'send the tail'; attempt: number; age: number }
    | { step: 'await the answer'; attempt: number }
    | { step: 'note the answer'; attempt: number; answer: Answer }
    | { step: 'claim'; attempt: number; batch: number; orphan: boolean }
  );

export interface Pace {
  /** It may take its next step at any later time, or never. Other runs take it before time passes. */
  slow?: true;
  /** Its workflow has continued without it. */
  zombie?: true;
  /** Its workflow has canceled it. */
  canceled?: true;
}

export type Answer = { kind: 'created'; batch: number } | { kind: 'refused' } | { kind: 'unknown' };

/** A run of the activity that reconciles an attempt, at its next step. */
export type Reconciler = Pace & { input: Input; age: number } & (
    | { step: 'read' }
    /** `before`: attempts that had been presumed lost when it read the ledger. */
    | { step: 'overtake'; before: readonly Entry[]; attempt: number }
    | { step: 'conclude'; before: readonly Entry[]; attempt: number }
    | { step: 'found'; attempt: number; batch: number }
  );

/** The workflow's input for the reconciler. */
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
  /** `cutShort`: its job is canceled. It continues to search, but asks no person and resends nothing. */
  | { phase: 'resolving'; search: Searching; cutShort?: true }
  /** Sleeps until the next search; `due` if that must happen before time passes. */
  | { phase: 'sleeping'; search: Searching; due: boolean; cutShort?: true }
  | { phase: 'held'; search: Searching }
  | { phase: 'bought'; batch: number }
  /** Its cancellation waits for the running activity. */
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

/** @param item `undefined` removes the present one. */
export function replace<T>(items: readonly T[], index: number, item: T | undefined): T[] {
  return item === undefined ? items.toSpliced(index, 1) : items.with(index, item);
}

/** Changes an attempt's entries in the ledger, or adds a new attempt. */
export function withEntry(state: State, round: number, attempt: number, change: Partial<Entry>): State {
  const { ledger } = state.rounds[round]!;
  const index = ledger.findIndex((entry) => entry.attempt === attempt);
  const entries =
    index < 0
      ? [...ledger, { attempt, begun: 0, before: 0, ...change }].sort((a, b) => a.attempt - b.attempt)
      : replace(ledger, index, { ...ledger[index]!, ...change });
  return withRound(state, round, { ledger: entries });
}

export function entryOf(state: State, round: number, attempt: number): Entry | undefined {
  return state.rounds[round]!.ledger.find((entry) => entry.attempt === attempt);
}

/** Creates an outcome exclusively. @returns the recorded one. */
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

/** Creates a decision exclusively. @returns the recorded one. */
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

/** Creates a claim exclusively. An existing one stays. */
export function claim(state: State, batch: number, nonce: string | null): State {
  return state.batches[batch]!.claim === undefined ? withBatch(state, batch, { claim: nonce }) : state;
}
