import { TIMES } from './times';

export interface Freeze {
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  /** Of which process. */
  name: string;
}

/**
 * Whether a batch that was bought twice fell into the one window that no client can close: its attempt was given up while the process
 * that sent it was frozen for longer than the grace leaves over, and the batch came to exist when that process woke.
 *
 * @returns the freeze that proves it.
 */
export function namedWindow(
  { givenUpAt, createdAt }: { givenUpAt: number; createdAt: number },
  freezes: readonly Freeze[],
): Freeze | undefined {
  const shortest = (TIMES.grace ?? 0) - TIMES.gate - TIMES.existence - TIMES.lag;
  return freezes.find(
    ({ from, to }) =>
      to - from > shortest &&
      from < givenUpAt &&
      givenUpAt < to &&
      createdAt > to - TIMES.margin &&
      createdAt < to + TIMES.existence + TIMES.margin,
  );
}
