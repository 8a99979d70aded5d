import { expect, test } from 'vitest';
import { untilSame } from '../../../src/job/same-rows';

const MINUTE = 60_000;
/** Downloads, each with its minutes after the first and its lines. */
const downloads = (...all: [minutes: number, lines: string][]) =>
  all.map(([minutes, lines]) => ({ at: new Date(minutes * MINUTE).toISOString(), lines }));

test.each<[string, [number, string][], number | undefined]>([
  ['none', [], 0],
  ['the first may have been cut, so another one follows soon', [[0, 'a']], 0],
  [
    'a second one with the same lines is too early',
    [
      [0, 'a'],
      [1, 'a'],
    ],
    59,
  ],
  [
    'an hour later it counts',
    [
      [0, 'a'],
      [1, 'a'],
      [60, 'a'],
    ],
    60,
  ],
  [
    'three, an hour apart',
    [
      [0, 'a'],
      [60, 'a'],
      [120, 'a'],
    ],
    undefined,
  ],
  [
    'three in two hours that are not an hour apart',
    [
      [0, 'a'],
      [90, 'a'],
      [149, 'a'],
    ],
    1,
  ],
  [
    'many in less than two hours',
    [
      [0, 'a'],
      [30, 'a'],
      [60, 'a'],
      [90, 'a'],
      [119, 'a'],
    ],
    1,
  ],
  [
    'other lines start again',
    [
      [0, 'a'],
      [60, 'a'],
      [120, 'b'],
    ],
    0,
  ],
  [
    'lines that reappear do not count as a third time',
    [
      [0, 'a'],
      [60, 'b'],
      [120, 'a'],
      [180, 'a'],
    ],
    60,
  ],
])('%s', (_, all, minutes) => {
  expect(untilSame(downloads(...all))).toBe(minutes === undefined ? undefined : minutes * MINUTE);
});
