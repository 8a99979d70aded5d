export interface PollTimes {
  /** Milliseconds. */
  pollFloor: number;
  pollCeiling: number;
}

const clamp = (value: number, { pollFloor, pollCeiling }: PollTimes) =>
  Math.min(pollCeiling, Math.max(pollFloor, value));

/**
 * Temporal ends a workflow whose history comes to 51,200 events, and a look costs 11 of them. So whatever the ceiling, looks are
 * no closer than this part of what they wait for is old: in 30 days that makes at most 1,200 of them.
 */
const CLOSEST = 1 / 100;

/**
 * When a batch that was bought at `since` is looked at next, in milliseconds like its arguments.
 *
 * The polls of a batch follow one schedule: the distance to the next is a tenth of the batch's age, between floor and
 * ceiling, and never less than a hundredth. It depends on nothing but `since`, so that the job can say when each of its chunks looks next without asking.
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
  /** From 0 to 1, another for each that pauses: what was refused together does not come back together. */
  spread: number;
  /** The account cannot pay: a person must act, and each try sends a whole round. */
  unpaid?: boolean;
}

/** The longest pause, but for its spread, while the account cannot pay. */
const UNPAID_CEILING = 3_600_000;

/**
 * Milliseconds by the square of the tries, for the same reason: what fails for a year is tried some 2,000 times. It counts only
 * for what failed for days, or under a very low ceiling.
 */
const PATIENCE = 10;

/**
 * Pause before a round or a step is tried again, in milliseconds: the floor doubled each time, up to the ceiling, but ever longer
 * after very many tries, and never less than the API asked for; and up to half as long again.
 */
export function backoff(tries: number, times: PollTimes, pause: Pause): number {
  const { atLeast, spread, unpaid = false } = pause;
  const pollCeiling = unpaid ? Math.max(UNPAID_CEILING, times.pollCeiling) : times.pollCeiling;
  const doubled = clamp(times.pollFloor * 2 ** Math.min(tries, 30), { ...times, pollCeiling });
  return spreadOut(Math.max(doubled, PATIENCE * tries ** 2), { atLeast, spread });
}

/** A pause no shorter than the API asked for, and up to half as long again, in whole milliseconds. */
export function spreadOut(pause: number, { atLeast = 0, spread }: Pick<Pause, 'atLeast' | 'spread'>): number {
  return Math.ceil(Math.max(atLeast, pause) * (1 + spread / 2));
}
