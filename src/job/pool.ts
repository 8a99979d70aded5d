/**
 * Decisions of a pool of child workflows: which parts of a set start, and what happens to running ones. Pure.
 * `workflows/pool/run-pool.ts` takes the events in order and carries out the commands.
 */
import { backoff, type PollTimes } from './poll';
import type { Slots } from './segments';

/** The parts of a pool: chunks or segments, numbered from 0. */
export interface PoolPlan {
  /** Requests of each part, by its number. */
  requests: readonly number[];
  slots: Slots;
  times: PollTimes;
}

export interface PoolState {
  /** The next part to start. */
  next: number;
  running: ReadonlySet<number>;
  /** Why no more parts start. */
  stopped?: 'canceled' | 'failed';
  /** How often the running parts were checked. */
  checks: number;
}

export const NEW_POOL: PoolState = { next: 0, running: new Set(), checks: 0 };

/** An event of a pool. */
export type PoolEntry =
  | { kind: 'begun' }
  /** The part's child runs. */
  | { kind: 'started'; part: number }
  /** The part is finished, successfully or not. */
  | { kind: 'ended'; part: number }
  /** The part cannot be finished. The whole pool fails once the others have ended. */
  | { kind: 'failed'; part: number }
  /** The workflow was canceled. */
  | { kind: 'canceled' }
  | { kind: 'time to check' };

export type PoolCommand =
  | { kind: 'start'; part: number }
  /** Requests the cancellation of the part's child. */
  | { kind: 'cancel'; part: number }
  /** Checks whether the part's child still runs. */
  | { kind: 'find'; part: number }
  /** Checks after `pause` milliseconds. Replaces any check that was due. */
  | { kind: 'wait'; pause: number };

/** Decides what a pool does next. The pool has ended if no part runs afterwards. */
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

/** Returns whether a part fits into the free slots. One part always runs, of any size. */
function fits({ requests, slots }: PoolPlan, running: ReadonlySet<number>, part: number): boolean {
  if (running.size === 0) return true;
  if (running.size >= slots.batches) return false;
  let sum = requests[part]!;
  for (const other of running) sum += requests[other]!;
  return sum <= slots.requests;
}

/**
 * Returns the commands that check on the children. A cancellation is repeated until every child has ended: a
 * child that is reset to before its cancellation does not know of it. Otherwise children are checked a few
 * times a day: after a Reset to a point after a child's start, the server may never report its end. No
 * command may depend on whether a Reset happened, because the history before it was made without.
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

/**
 * Returns how long the end of a child that no longer runs may take to arrive before the child is restarted:
 * 10 floors, 5 min by default.
 */
export const missingPause = ({ pollFloor }: Pick<PollTimes, 'pollFloor'>): number => pollFloor * 10;

/**
 * Returns the pause before the next check: short after a cancellation, else 10 floors (5 min by default), and
 * eight times as long each time.
 */
function checkPause({ stopped, checks }: PoolState, times: PollTimes): number {
  if (stopped === 'canceled') return backoff(checks, times, { spread: 0 });
  return times.pollFloor * 10 * 8 ** Math.min(checks, 6);
}

function without(parts: ReadonlySet<number>, part: number): ReadonlySet<number> {
  const left = new Set(parts);
  left.delete(part);
  return left;
}
