import { expect, test } from 'vitest';
import { MissingBatch } from '../../../src/job/protocol/missing-batch';

const MINUTE = 60_000;

/** Looks so often, so many minutes apart, at what is not there; whether it is gone after each look. */
function looks(count: number, minutes: number, absence = new MissingBatch(), from = 0): boolean[] {
  return Array.from({ length: count }, (_, look) => absence.missed((from + look * minutes) * MINUTE));
}

test.each([
  ['twelve looks over less than an hour', 12, 5, -1],
  ['eleven looks over days', 11, 600, -1],
  ['the twelfth look, when they took more than an hour', 20, 6, 11],
  ['the first look after an hour, when there were many', 200, 0.5, 120],
])('what is missing is gone for good: %s', (_, count, minutes, at) => {
  expect(looks(count, minutes).indexOf(true)).toBe(at);
});

test('what was seen once begins anew', () => {
  const absence = new MissingBatch();
  expect(looks(11, 15, absence)).not.toContain(true);
  absence.seen();
  expect(looks(11, 15, absence, 600)).not.toContain(true);
  expect(absence.missed(1_200 * MINUTE)).toBe(true);
});
