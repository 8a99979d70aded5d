import { expect, test } from 'vitest';
import { toPage } from '../../../src/anthropic/replies';
import { judgeListed } from '../../../src/job/protocol/search';

const WINDOW = { from: Date.parse('2026-11-22T12:00:00Z'), to: Date.parse('2026-11-22T13:00:00Z') };
const CREATED = '2026-11-22T12:30:00Z';
const NAMES = ['processing', 'succeeded', 'errored', 'canceled', 'expired'] as const;

/** A field as the API sends it, and in the three malformed ways of a gateway. */
const ways = (value: unknown) => [value, undefined, null, typeof value === 'string' ? 7 : `${value}`];

function* product(values: readonly unknown[][]): Generator<unknown[]> {
  const [first, ...rest] = values;
  if (first === undefined) return yield [];
  for (const tail of product(rest)) for (const value of first) yield [value, ...tail];
}

test.each([
  ['runs', [3, 0, 0, 0, 0]],
  ['has ended', [0, 2, 1, 0, 0]],
  ['was canceled', [0, 1, 0, 1, 1]],
])('no subset of the fields of a batch that %s rules it out as the searched one', (_, counts) => {
  let readable = 0;
  let judged = 0;
  for (const [created_at, ...given] of product([ways(CREATED), ...counts.map(ways)])) {
    const request_counts = Object.fromEntries(NAMES.map((name, index) => [name, given[index]]));
    for (const all of [request_counts, undefined, null, 'all']) {
      const reply = JSON.parse(JSON.stringify({ data: [{ id: 'a', created_at, request_counts: all }] }));
      const [listed] = toPage(reply, null).batches;
      const verdict = judgeListed(listed!, { count: 3 }, WINDOW);
      expect(verdict, JSON.stringify(reply)).not.toBe('other');
      judged += 1;
      if (verdict === 'candidate') readable += 1;
    }
  }
  expect({ judged, readable }).toEqual({ judged: 4 ** 7, readable: 1 });
});
