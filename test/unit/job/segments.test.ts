import { expect, test } from 'vitest';
import {
  addSlots,
  addTotals,
  anySlots,
  noTotals,
  SEGMENT_CHUNKS,
  type Slots,
  segmentRanges,
  type Totals,
} from '../../../src/job/segments';
import fc from '../../support/fc';

test('segments hold every chunk once, in order, and all but the last are full', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3_000 }),
      fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }),
      (chunks, size) => {
        const ranges = segmentRanges(chunks, size);
        const held = ranges.flatMap(([first, end]) =>
          Array.from({ length: end - first }, (_, n) => first + n),
        );
        expect(held).toEqual(Array.from({ length: chunks }, (_, n) => n));
        const full = size ?? SEGMENT_CHUNKS;
        for (const [first, end] of ranges.slice(0, -1)) expect(end - first).toBe(full);
        for (const [first, end] of ranges.slice(-1)) expect(end - first).toBeLessThanOrEqual(full);
        expect(ranges.every(([first, end]) => end > first)).toBe(true);
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

test('totals come to the same in whatever order the parts tell of themselves', () => {
  fc.assert(
    fc.property(fc.array(totals, { maxLength: 8 }), (parts) => {
      const sum = parts.reduce(addTotals, noTotals());
      expect([...parts].reverse().reduce(addTotals, noTotals())).toEqual(sum);
      expect(sum.done).toBe(parts.reduce((total, part) => total + part.done, 0));
      expect(sum.rounds).toBe(Math.max(0, ...parts.map(({ rounds }) => rounds)));
    }),
  );
});

test('slots that are handed out and come back are neither lost nor made', () => {
  const slots: fc.Arbitrary<Slots> = fc.record({ batches: count, requests: count });
  fc.assert(
    fc.property(slots, fc.array(slots, { maxLength: 8 }), (all, granted) => {
      const less = ({ batches, requests }: Slots): Slots => ({ batches: -batches, requests: -requests });
      const out = granted.reduce((left, part) => addSlots(left, less(part)), all);
      expect(granted.reduce(addSlots, out)).toEqual(all);
      expect(anySlots(out)).toBe(out.batches > 0 && out.requests > 0);
    }),
  );
});
