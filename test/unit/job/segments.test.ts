import { expect, test } from 'vitest';
import {
  addTotals,
  noTotals,
  readSegmentNews,
  SEGMENT_CHUNKS,
  segmentRanges,
  segmentShares,
  type Totals,
} from '../../../src/job/segments';
import fc from '../../support/fc';

const SHARES = fc.integer({ min: 1, max: 4 });

test('segments contain every chunk once, in order, have equal sizes, and end in full waves', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3_000 }),
      SHARES,
      fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }),
      (chunks, shares, size) => {
        const ranges = segmentRanges(chunks, shares, size);
        const held = ranges.flatMap(([first, end]) =>
          Array.from({ length: end - first }, (_, n) => first + n),
        );
        expect(held).toEqual(Array.from({ length: chunks }, (_, n) => n));
        const sizes = ranges.map(([first, end]) => end - first);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(size ?? SEGMENT_CHUNKS);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        if (chunks >= shares)
          expect(ranges.length % shares).toBe(ranges.length === chunks ? chunks % shares : 0);
      },
    ),
  );
});

test('the shares of segments stay within the limits of the job, and each can send its largest chunk', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.integer({ min: 1, max: 100_000 }),
      (batches, requests, largest) => {
        const shares = segmentShares({ batches, requests }, largest);
        expect(shares.reduce((sum, share) => sum + share.batches, 0)).toBe(batches);
        expect(shares.reduce((sum, share) => sum + share.requests, 0)).toBeLessThanOrEqual(requests);
        for (const share of shares) expect(share.batches).toBeGreaterThan(0);
        if (shares.length > 1) {
          for (const share of shares) expect(share.requests).toBeGreaterThanOrEqual(largest);
        }
      },
    ),
  );
});

const count = fc.integer({ min: 0, max: 1_000_000 });
const totals: fc.Arbitrary<Totals> = fc.record({
  done: count,
  succeeded: count,
  failed: count,
  chunksDone: count,
  chunksRunning: count,
  batches: count,
  rounds: count,
});

test('totals are the same for signals of the parts in any order', () => {
  fc.assert(
    fc.property(fc.array(totals, { maxLength: 8 }), (parts) => {
      const sum = parts.reduce(addTotals, noTotals());
      expect([...parts].reverse().reduce(addTotals, noTotals())).toEqual(sum);
      expect(sum.done).toBe(parts.reduce((total, part) => total + part.done, 0));
      expect(sum.rounds).toBe(Math.max(0, ...parts.map(({ rounds }) => rounds)));
    }),
  );
});

test.each([
  undefined,
  null,
  7,
  'news',
  {},
  { segment: 0 },
  { segment: 0, totals: null },
  { segment: 0, totals: { done: 1 } },
  { segment: 'x', totals: noTotals() },
  { segment: 0, totals: { ...noTotals(), batches: Number.NaN } },
])('an invalid signal of a segment is ignored: %j', (value) => {
  expect(readSegmentNews(value)).toBeUndefined();
});

test('a valid signal of a segment is read unchanged', () => {
  const news = { segment: 3, totals: noTotals() };
  expect(readSegmentNews(news)).toEqual(news);
  expect(readSegmentNews({ segment: 3, totals: { ...noTotals(), cost: 'much' } })).toEqual(news);
});
