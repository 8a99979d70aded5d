import { TIMES } from './times';

export interface Freeze {
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  /** Of which process. */
  name: string;
}

/** Milliseconds since 1970. */
interface LateBatch {
  /** When its attempt was given up. */
  givenUpAt: number;
  createdAt: number;
  endedAt: number;
}

/** From the end of a batch until the next search has read it and the attempt is closed, on a busy machine. */
const SEARCH = 10_000;

/**
 * Whether a batch that was bought twice fell into the one window that no client can close: the process that sent it was frozen for
 * longer than the grace leaves over, the batch came to exist when that process woke, and before its end could prove whose it is
 * its attempt was given up.
 *
 * @returns the freeze that proves it.
 */
export function namedWindow(
  { givenUpAt, createdAt, endedAt }: LateBatch,
  freezes: readonly Freeze[],
): Freeze | undefined {
  const shortest = (TIMES.grace ?? 0) - TIMES.gate - TIMES.existence - TIMES.lag;
  return freezes.find(
    ({ from, to }) =>
      to - from > shortest &&
      from < givenUpAt &&
      givenUpAt < endedAt + TIMES.lag + SEARCH &&
      createdAt > to - TIMES.margin &&
      createdAt < to + TIMES.existence + TIMES.margin,
  );
}
