import { expect, test } from 'vitest';
import { addLost, type LostCounts } from '../../../src/job/lost-answers';

test.each<[LostCounts, LostCounts, LostCounts]>([
  [{}, {}, {}],
  [{ lost: 2, retryUsd: '0.10' }, {}, { lost: 2, retryUsd: '0.10' }],
  [{}, { lost: 1 }, { lost: 1 }],
  [
    { lost: 2, retryUsd: '0.10' },
    { lost: 3, retryUsd: '0.05' },
    { lost: 5, retryUsd: '0.15' },
  ],
  // The cost of one part is unknown, so the sum is unknown too.
  [{ lost: 2, retryUsd: '0.10' }, { lost: 3 }, { lost: 5 }],
])('%j and %j add up to %j', (a, b, sum) => {
  expect(addLost(a, b)).toEqual(sum);
});
