import { FAULT_POINTS, type FaultPoint } from '../../activities/runtime/fault-points';
import type { Random } from './random';
import { GRACE } from './times';

/** An order for a worker to end or freeze itself when one of its activities reaches a point. */
export interface Order {
  point: FaultPoint;
  /** The number of the visit at which to act. */
  nth: number;
  act: 'die' | 'freeze';
  /** Milliseconds after the point, in which data given to a socket may have left. */
  after: number;
  /** Milliseconds of a freeze. */
  ms: number;
}

/** Points at which money is at risk. */
const SUBMIT = FAULT_POINTS.filter((point) => point.startsWith('submit/'));
const GATE: readonly FaultPoint[] = ['submit/committed', 'submit/gate-passed', 'submit/tail-given'];

/** Draws the orders of a new worker. Most workers have one. Not every order is carried out. */
export function drawOrders(random: Random): Order[] {
  return Array.from({ length: random.pick([0, 0, 1, 1, 2]) }, () => {
    const point = random.pick(random.pick([FAULT_POINTS, FAULT_POINTS, SUBMIT, GATE]));
    const act = random.chance(0.3) ? 'freeze' : 'die';
    return {
      point,
      nth: random.pick([1, 1, 2, 3]),
      act,
      after: point === 'submit/tail-given' ? random.int(0, 30) : 0,
      ms: act === 'freeze' ? freezeTime(random) : 0,
    };
  });
}

/** Returns the order to freeze between gate and last bytes, on the first visit. */
export const windowOrder = (ms: number): Order => ({
  point: 'submit/gate-passed',
  nth: 1,
  act: 'freeze',
  after: 0,
  ms,
});

/**
 * Draws a freeze that is long enough for another worker to notice it, to wait the grace period, and to search
 * twice.
 */
export const windowTime = (random: Random): number => random.int(GRACE + 20_000, GRACE + 30_000);

/**
 * Draws a freeze: too short to be noticed, long enough to be presumed dead, or longer than the whole grace
 * period.
 */
export function freezeTime(random: Random): number {
  return random.pick([
    random.int(500, 3_000),
    random.int(5_000, 9_000),
    random.int(GRACE + 5_000, GRACE + 10_000),
  ]);
}
