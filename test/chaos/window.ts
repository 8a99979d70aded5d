import { TIMES } from './times';

export interface Freeze {
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  /** The process that was frozen. */
  name: string;
}

/** Milliseconds since 1970. */
interface LateBatch {
  /** When its attempt was presumed lost. */
  presumedLostAt: number;
  createdAt: number;
  endedAt: number;
}

/**
 * Milliseconds from the end of a batch until the next search has read it and the attempt is closed, on a busy
 * machine.
 */
const SEARCH = 10_000;

/**
 * Returns whether a batch that was bought twice falls into the one window that no client can close. The
 * process that sent it was frozen for longer than the grace period allows. The batch was created when that
 * process woke. Its attempt was presumed lost before the batch's end could prove its owner.
 *
 * @returns the freeze that proves it
 */
export function namedWindow(
  { presumedLostAt, createdAt, endedAt }: LateBatch,
  freezes: readonly Freeze[],
): Freeze | undefined {
  const shortest = (TIMES.grace ?? 0) - TIMES.gate - TIMES.existence - TIMES.lag;
  return freezes.find(
    ({ from, to }) =>
      to - from > shortest &&
      from < presumedLostAt &&
      presumedLostAt < endedAt + TIMES.lag + SEARCH &&
      createdAt > to - TIMES.margin &&
      createdAt < to + TIMES.existence + TIMES.margin,
  );
}
