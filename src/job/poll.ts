export interface PollTimes {
  /** Milliseconds. */
  pollFloor: number;
  pollCeiling: number;
}

const clamp = (value: number, { pollFloor, pollCeiling }: PollTimes) =>
  Math.min(pollCeiling, Math.max(pollFloor, value));

/**
 * When a batch that was bought at `since` is looked at next, in milliseconds like its arguments.
 *
 * The polls of a batch follow one schedule: the distance to the next is a tenth of the batch's age, between floor and
 * ceiling. It depends on nothing but `since`, so that the job can say when each of its chunks looks next without asking.
 */
export function nextPoll(since: number, now: number, times: PollTimes): number {
  let age = 0;
  do {
    age += clamp(age / 10, times);
  } while (since + age <= now);
  return since + age;
}

/** Pause before a round or an attempt is tried again: the floor doubled each time, up to the ceiling. */
export function backoff(tries: number, times: PollTimes): number {
  return clamp(times.pollFloor * 2 ** Math.min(tries, 30), times);
}
