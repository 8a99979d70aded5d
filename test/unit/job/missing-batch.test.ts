import { expect, test } from 'vitest';
import { MissingBatch } from '../../../src/job/protocol/missing-batch';

const MINUTE = 60_000;

/**
 * Searches `count` times for a missing batch, `minutes` apart. Returns after which searches it counts as
 * gone.
 */
function misses(count: number, minutes: number, absence = new MissingBatch(), from = 0): boolean[] {
  return Array.from({ length: count }, (_, miss) => absence.missed((from + miss * minutes) * MINUTE));
}

test.each([
  ['twelve searches in less than an hour', 12, 5, -1],
  ['eleven searches over days', 11, 600, -1],
  ['the twelfth search, after more than an hour', 20, 6, 11],
  ['the first search after an hour, after many', 200, 0.5, 120],
])('a missing batch counts as permanently gone: %s', (_, count, minutes, at) => {
  expect(misses(count, minutes).indexOf(true)).toBe(at);
});

test('a batch that is seen starts the count again', () => {
  const absence = new MissingBatch();
  expect(misses(11, 15, absence)).not.toContain(true);
  absence.seen();
  expect(misses(11, 15, absence, 600)).not.toContain(true);
  expect(absence.missed(1_200 * MINUTE)).toBe(true);
});
