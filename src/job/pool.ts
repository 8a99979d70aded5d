/**
 * A pool of child workflows: which parts of a set start, and what becomes of those on their way. All of its decisions, none of
 * its steps. `workflows/pool/run-pool.ts` takes what happened in order and carries out the commands.
 */
import { backoff, type PollTimes } from './poll';
import type { Slots } from './segments';

/** What a pool works through. Parts are chunks or segments, numbered from 0. */
export interface PoolPlan {
  /** Requests of each part, by its number. */
  requests: readonly number[];
  slots: Slots;
  times: PollTimes;
}

export interface PoolState {
  /** The part that starts next. */
  next: number;
  running: ReadonlySet<number>;
  /** Why no part starts any more. */
  stopped?: 'canceled' | 'failed';
  /** How often the time to check on the running parts has come. */
  checks: number;
}

export const NEW_POOL: PoolState = { next: 0, running: new Set(), checks: 0 };

/** What happened to a pool. */
export type PoolEntry =
  | { kind: 'begun' }
  /** The part's child runs. */
  | { kind: 'started'; part: number }
  /** The part is done with, well or not. */
  | { kind: 'ended'; part: number }
  /** The part cannot be done with: the whole pool fails once the others have ended. */
  | { kind: 'failed'; part: number }
  /** The workflow is canceled. */
  | { kind: 'canceled' }
  | { kind: 'time to check' };

export type PoolCommand =
  | { kind: 'start'; part: number }
  /** Asks the part's child to end. */
  | { kind: 'cancel'; part: number }
  /** Finds out whether the part's child still runs. */
  | { kind: 'find'; part: number }
  /** Checks after so many milliseconds, instead of any check that was due. */
  | { kind: 'wait'; pause: number };

/** What a pool does next. It has ended when nothing runs after that. */
export function decidePool(
  plan: PoolPlan,
  state: PoolState,
  entry: PoolEntry,
): { state: PoolState; commands: PoolCommand[] } {
  const taken = took(state, entry);
  const running = new Set(taken.running);
  let { next } = taken;
  const commands: PoolCommand[] = [];
  while (taken.stopped === undefined && next < plan.requests.length && fits(plan, running, next)) {
    commands.push({ kind: 'start', part: next });
    running.add(next);
    next += 1;
  }
  return {
    state: { ...taken, running, next },
    commands: [...commands, ...checks(plan.times, { ...taken, running }, entry)],
  };
}

function took(state: PoolState, entry: PoolEntry): PoolState {
  switch (entry.kind) {
    case 'begun':
    case 'started':
      return state;
    case 'ended':
      return { ...state, running: without(state.running, entry.part) };
    case 'failed':
      return {
        ...state,
        running: without(state.running, entry.part),
        stopped: state.stopped ?? 'failed',
      };
    case 'canceled':
      return { ...state, stopped: 'canceled', checks: 0 };
    case 'time to check':
      return { ...state, checks: state.checks + 1 };
  }
}

/** At least one part always goes, however large it is. */
function fits({ requests, slots }: PoolPlan, running: ReadonlySet<number>, part: number): boolean {
  if (running.size === 0) return true;
  if (running.size >= slots.batches) return false;
  let sum = requests[part]!;
  for (const other of running) sum += requests[other]!;
  return sum <= slots.requests;
}

/**
 * A cancellation is repeated until every child has ended: one that is reset to before it was canceled does not know of it.
 * Otherwise children are looked for, a few times a day: after a Reset to a point behind a child's start the server may never
 * report its end. Whether there was one, no command may depend on: the history before it was made without.
 */
function checks(times: PollTimes, state: PoolState, entry: PoolEntry): PoolCommand[] {
  const { running, stopped } = state;
  const wait: PoolCommand = { kind: 'wait', pause: checkPause(state, times) };
  switch (entry.kind) {
    case 'begun':
      return running.size > 0 ? [wait] : [];
    case 'started':
      return stopped === 'canceled' ? [{ kind: 'cancel', part: entry.part }] : [];
    case 'canceled':
    case 'time to check': {
      if (running.size === 0) return [];
      const kind = stopped === 'canceled' ? 'cancel' : 'find';
      return [...[...running].map((part) => ({ kind, part }) as const), wait];
    }
    default:
      return [];
  }
}

/** How long the end of a child that no longer runs may be on its way before the child is started anew: 10 floors, 5 min by default. */
export const missingPause = ({ pollFloor }: Pick<PollTimes, 'pollFloor'>): number => pollFloor * 10;

/** Soon and often after a cancellation; else after 10 floors (5 min by default), and each time eight times as long. */
function checkPause({ stopped, checks }: PoolState, times: PollTimes): number {
  if (stopped === 'canceled') return backoff(checks, times, { spread: 0 });
  return times.pollFloor * 10 * 8 ** Math.min(checks, 6);
}

function without(parts: ReadonlySet<number>, part: number): ReadonlySet<number> {
  const left = new Set(parts);
  left.delete(part);
  return left;
}
