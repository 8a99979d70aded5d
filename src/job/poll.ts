export interface PollTimes {
  /** Milliseconds. */
  pollFloor: number;
  pollCeiling: number;
}

const clamp = (value: number, { pollFloor, pollCeiling }: PollTimes) =>
  Math.min(pollCeiling, Math.max(pollFloor, value));

/**
 * The smallest interval between polls, as a share of the batch's age. Temporal ends a workflow when its
 * history has 51,200 events, and a poll costs 11. With any ceiling, this allows at most 1,200 polls in 30
 * days.
 */
const CLOSEST = 1 / 100;

/**
 * Returns when a batch that was bought at `since` is polled next. All times are in milliseconds.
 *
 * The interval to the next poll is a tenth of the batch's age, between floor and ceiling, and never less than
 * a hundredth. It depends only on `since`, so the job can tell when each of its chunks polls next without
 * asking.
 */
export function nextPoll(since: number, now: number, times: PollTimes): number {
  let age = 0;
  do {
    age += Math.max(clamp(age / 10, times), age * CLOSEST);
  } while (since + age <= now);
  return since + age;
}

export interface Pause {
  /** Milliseconds that the API asked to wait. */
  atLeast?: number;
  /** From 0 to 1, random for each pause, so that requests refused together do not return together. */
  spread: number;
  /** The account cannot pay. A person must act, and each try sends a whole round. */
  unpaid?: boolean;
}

/** The longest pause in milliseconds, without its spread, while the account cannot pay. */
const UNPAID_CEILING = 3_600_000;

/**
 * Milliseconds, multiplied by the square of the tries. Limits the history as above: a step that fails for a
 * year is tried some 2,000 times. Matters only after days of failures, or with a very low ceiling.
 */
const GROWTH = 10;

/**
 * Returns the pause before a round or a step is retried, in milliseconds. It is the floor, doubled with each
 * try up to the ceiling. After very many tries it grows further. It is never less than the API asked for. The
 * spread adds up to half of it.
 */
export function backoff(tries: number, times: PollTimes, pause: Pause): number {
  const { atLeast, spread, unpaid = false } = pause;
  const pollCeiling = unpaid ? Math.max(UNPAID_CEILING, times.pollCeiling) : times.pollCeiling;
  const doubled = clamp(times.pollFloor * 2 ** Math.min(tries, 30), { ...times, pollCeiling });
  return spreadOut(Math.max(doubled, GROWTH * tries ** 2), { atLeast, spread });
}

/** A pause no shorter than the API asked for, and up to half as long again, in whole milliseconds. */
export function spreadOut(pause: number, { atLeast = 0, spread }: Pick<Pause, 'atLeast' | 'spread'>): number {
  return Math.ceil(Math.max(atLeast, pause) * (1 + spread / 2));
}
