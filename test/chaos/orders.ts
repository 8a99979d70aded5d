import { FAULT_POINTS, type FaultPoint } from '../../activities/runtime/fault-points';
import type { Random } from './random';
import { GRACE } from './times';

/** What a worker is to do to itself when one of its activities comes to a point. */
export interface Order {
  point: FaultPoint;
  /** At the so many-th time. */
  nth: number;
  act: 'die' | 'freeze';
  /** Milliseconds after the point: what was given to a socket there may have left by then. */
  after: number;
  /** Milliseconds of a freeze. */
  ms: number;
}

/** Where money is at stake. */
const SUBMIT = FAULT_POINTS.filter((point) => point.startsWith('submit/'));
const GATE: readonly FaultPoint[] = ['submit/committed', 'submit/gate-passed', 'submit/tail-given'];

/** The orders that a worker is born with. Most have one; not every one is ever carried out. */
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

/** To freeze between gate and last bytes, the first time that it comes there. */
export const windowOrder = (ms: number): Order => ({
  point: 'submit/gate-passed',
  nth: 1,
  act: 'freeze',
  after: 0,
  ms,
});

/** Long enough for another worker to notice, to wait the grace, and to look twice. */
export const windowTime = (random: Random): number => random.int(GRACE + 20_000, GRACE + 30_000);

/** Short enough to be overlooked, long enough to be thought dead, or longer than the whole grace. */
export function freezeTime(random: Random): number {
  return random.pick([
    random.int(500, 3_000),
    random.int(5_000, 9_000),
    random.int(GRACE + 5_000, GRACE + 10_000),
  ]);
}
