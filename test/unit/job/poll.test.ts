import { describe, expect, test } from 'vitest';
import { backoff, nextPoll, type PollTimes } from '../../../src/job/poll';
import fc from '../../support/fc';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const DEFAULTS: PollTimes = { pollFloor: 30 * SECOND, pollCeiling: 15 * MINUTE };

const OFTEN: PollTimes = { pollFloor: SECOND, pollCeiling: SECOND };

/** The times of all polls of a batch that is bought at 0 and ends at `end`. The last poll sees the end. */
function polls(times: PollTimes, end: number): number[] {
  const all: number[] = [];
  for (let at = 0; at < end; ) {
    at = nextPoll(0, at, times);
    all.push(at);
  }
  return all;
}

describe('polls of a batch', () => {
  test('are 132 for a batch of 24 hours at the defaults', () => {
    const all = polls(DEFAULTS, 24 * HOUR);
    expect(all).toHaveLength(132);
    expect(all.at(-1)! - 24 * HOUR).toBeLessThan(15 * MINUTE);
  });

  test.each<[number, number]>([
    [0, 30 * SECOND],
    [1, 30 * SECOND],
    [30 * SECOND - 1, 30 * SECOND],
    [30 * SECOND, 60 * SECOND],
    [5 * MINUTE, 5.5 * MINUTE],
  ])('at an age of %i ms have the next one at %i ms', (now, next) => {
    expect(nextPoll(0, now, DEFAULTS)).toBe(next);
    expect(nextPoll(HOUR, HOUR + now, DEFAULTS)).toBe(HOUR + next);
  });

  test('happen every 15 minutes once the batch is old', () => {
    const late = polls(DEFAULTS, 24 * HOUR).slice(-20);
    expect(late.slice(1).every((at, index) => at - late[index]! === 15 * MINUTE)).toBe(true);
  });

  test('have equal distances if floor and ceiling are equal', () => {
    expect(polls({ pollFloor: 7, pollCeiling: 7 }, 35)).toEqual([7, 14, 21, 28, 35]);
  });

  test.each([
    [24 * HOUR, 800],
    [30 * DAY, 1_200],
    [365 * DAY, 1_450],
  ])('of %i ms are few enough for one history at any settings', (age, most) => {
    let at = 0;
    for (let count = 0; count < most; count += 1) at = nextPoll(0, at, OFTEN);
    expect(at).toBeGreaterThan(age);
  });

  test('have distances from the floor to the ceiling or a hundredth of the age, and lie in the future', () => {
    const arbitrary = fc.record({
      since: fc.integer({ min: 0, max: 2_000_000_000_000 }),
      age: fc.integer({ min: 0, max: 48 * HOUR }),
      pollFloor: fc.integer({ min: SECOND, max: HOUR }),
      more: fc.integer({ min: 0, max: 6 * HOUR }),
    });
    fc.assert(
      fc.property(arbitrary, ({ since, age, pollFloor, more }) => {
        const times = { pollFloor, pollCeiling: pollFloor + more };
        const now = since + age;
        const next = nextPoll(since, now, times);
        expect(next).toBeGreaterThan(now);
        // At any time between two polls, the next one is the same.
        expect(nextPoll(since, next - 0.5, times)).toBe(next);
        const after = nextPoll(since, next, times) - next;
        expect(after).toBeGreaterThanOrEqual(pollFloor - 0.01);
        expect(after).toBeLessThanOrEqual(Math.max(times.pollCeiling, (next - since) / 100) + 0.01);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the pause before a retry', () => {
  const alone = { spread: 0 };

  test.each<[number, number]>([
    [0, 30 * SECOND],
    [1, MINUTE],
    [2, 2 * MINUTE],
    [3, 4 * MINUTE],
    [4, 8 * MINUTE],
    [5, 15 * MINUTE],
    [300, 15 * MINUTE],
    [600, HOUR],
  ])('after %i tries is %i ms', (tries, expected) => {
    expect(backoff(tries, DEFAULTS, alone)).toBe(expected);
  });

  test.each<[tries: number, atLeast: number, expected: number]>([
    [0, 7 * SECOND, 30 * SECOND],
    [0, 5 * MINUTE, 5 * MINUTE],
    [0, HOUR, HOUR],
    [5, 5 * MINUTE, 15 * MINUTE],
  ])('after %i tries is at least the %i ms that the API requested', (tries, atLeast, expected) => {
    expect(backoff(tries, DEFAULTS, { ...alone, atLeast })).toBe(expected);
  });

  test('grows to an hour, or to a higher ceiling, while the account cannot pay', () => {
    const unpaid = { ...alone, unpaid: true };
    expect([0, 5, 6, 7, 100].map((tries) => backoff(tries, DEFAULTS, unpaid) / MINUTE)).toEqual([
      0.5, 16, 32, 60, 60,
    ]);
    expect(backoff(100, { pollFloor: SECOND, pollCeiling: 6 * HOUR }, unpaid)).toBe(6 * HOUR);
  });

  test('for a year allows few enough tries for one history, at any settings', () => {
    const pauses = Array.from({ length: 2_200 }, (_, tries) => backoff(tries, OFTEN, alone));
    expect(pauses.reduce((sum, pause) => sum + pause)).toBeGreaterThan(365 * DAY);
  });

  test('spreads simultaneous retries over an additional half of its length, and is never shorter than requested', () => {
    const at = Array.from({ length: 20 }, (_, n) =>
      backoff(0, DEFAULTS, { spread: n / 20, atLeast: MINUTE }),
    );
    expect(new Set(at).size).toBe(20);
    expect(Math.min(...at)).toBe(MINUTE);
    expect(Math.max(...at)).toBeLessThan(1.5 * MINUTE);
  });

  test('is a whole number of milliseconds between its bounds, at any settings', () => {
    const arbitrary = fc.record({
      tries: fc.nat(600),
      pollFloor: fc.integer({ min: SECOND, max: HOUR }),
      more: fc.integer({ min: 0, max: 6 * HOUR }),
      atLeast: fc.integer({ min: 0, max: HOUR }),
      spread: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      unpaid: fc.boolean(),
    });
    fc.assert(
      fc.property(arbitrary, ({ tries, pollFloor, more, ...pause }) => {
        const times = { pollFloor, pollCeiling: pollFloor + more };
        const ms = backoff(tries, times, pause);
        expect(Number.isSafeInteger(ms)).toBe(true);
        expect(ms).toBeGreaterThanOrEqual(Math.max(pollFloor, pause.atLeast));
        expect(ms).toBeLessThanOrEqual(1.5 * Math.max(HOUR, times.pollCeiling) + 1);
      }),
    );
  });
});
