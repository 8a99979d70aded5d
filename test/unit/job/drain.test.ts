import { expect, test } from 'vitest';
import { drainPause, SEND_BUFFER } from '../../../src/job/drain';

const MB = 1024 * 1024;
const none = { at: 0, left: 0 };

test.each<[string, Parameters<typeof drainPause>, number]>([
  [
    '1 MB a second: a full send buffer',
    [{ at: 50, left: 5 * MB }, { at: 1_050, left: 6 * MB }, 15_000],
    4_000,
  ],
  ['4 MB a second', [{ at: 50, left: 5 * MB }, { at: 550, left: 7 * MB }, 15_000], 1_000],
  ['less than a send buffer, sent at once', [none, { at: 10, left: MB }, 15_000], 10],
  ['so slow that the wait ends before it', [none, { at: 60_000, left: MB }, 15_000], 15_000],
  ['no bytes sent since', [{ at: 50, left: MB }, { at: 900, left: MB }, 15_000], 0],
  ['no time passed', [none, { at: 0, left: SEND_BUFFER }, 15_000], 1],
])('the pause for %s', (_, [from, to, most], expected) => {
  expect(drainPause(from, to, most)).toBeCloseTo(expected, 6);
});
