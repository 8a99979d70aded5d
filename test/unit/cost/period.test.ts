import { expect, test } from 'vitest';
import { periodOf } from '../../../src/cost/budget/period';

test.each([
  ['day', '2026-11-28T23:59:59.999Z', '2026-11-28'],
  // A Sunday is the last day of its week.
  ['week', '2026-11-29T23:59:59Z', '2026-11-23'],
  ['week', '2026-11-30T00:00:00Z', '2026-11-30'],
  ['week', '2027-01-01T12:00:00Z', '2026-12-28'],
  ['month', '2026-11-30T23:59:59Z', '2026-11'],
  ['month', '2026-12-01T00:00:00Z', '2026-12'],
] as const)('the %s of %s is named %s', (period, at, name) => {
  expect(periodOf(period, new Date(at))).toBe(name);
});
