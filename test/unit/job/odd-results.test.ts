import { expect, test } from 'vitest';
import { addOdd, type OddCounts, oddText } from '../../../src/job/odd-results';

test('counts add up by kind, and no counts stay unset', () => {
  expect(addOdd({ missing: 2, stray: 1 }, undefined, { missing: 3, counts: 0 })).toEqual({
    missing: 5,
    stray: 1,
  });
  expect(addOdd(undefined, {})).toBeUndefined();
});

test.each<[OddCounts, string]>([
  [{ unreadable: 3, missing: 1 }, '3 rows cannot be understood, 1 row never came'],
  [{ foreign: 1, counts: 2 }, "1 row is another batch's, 2 batches have wrong request_counts"],
  [
    { repeated: 2, contradicting: 1, stray: 5 },
    '2 rows came twice, 1 row came twice with different contents, 5 rows have no custom_id',
  ],
  [
    { foreign: 2, stray: 1, counts: 1 },
    "2 rows are another batch's, 1 row has no custom_id, 1 batch has wrong request_counts",
  ],
])('%j is formatted for people', (counts, text) => {
  expect(oddText(counts)).toBe(text);
});
