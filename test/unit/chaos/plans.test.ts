import { describe, expect, test } from 'vitest';
import { parseUsd } from '../../../src/cost/usd';
import { planJob } from '../../chaos/jobs';
import { chunksOf } from '../../chaos/parts';
import { Random } from '../../chaos/random';

const plans = Array.from({ length: 400 }, (_, number) => planJob(new Random(`${number}`), number));

describe('the jobs of a run', () => {
  test('some have a budget, ample or so small that a person must raise it', () => {
    const ample = plans.filter(({ terms }) => terms.maxUsd !== undefined && !terms.raise);
    const small = plans.filter(({ terms }) => terms.raise);
    expect(ample.length).toBeGreaterThan(20);
    expect(small.length).toBeGreaterThan(20);
    for (const { terms } of small) expect(parseUsd(terms.maxUsd!)!).toBeLessThan(parseUsd(terms.raise!.to)!);
  });

  test('some send few requests one by one, some all of the first round, and none of these waits for a budget', () => {
    const singly = plans.filter(({ terms }) => terms.syncBelow !== undefined);
    const live = singly.filter(({ terms, documents }) => documents.length < terms.syncBelow!);
    expect(live.length).toBeGreaterThan(20);
    expect(singly.length - live.length).toBeGreaterThan(20);
    expect(singly.filter(({ terms }) => terms.raise)).toEqual([]);
  });

  test('a few have segments, and little to send', () => {
    const segmented = plans.filter(({ documents, chunkSize }) => documents.length / chunkSize > 250);
    expect(segmented.length).toBeGreaterThan(0);
    expect(segmented.length).toBeLessThan(20);
    for (const { documents } of segmented) {
      expect(documents.filter(({ expected }) => expected === 'succeeded')).toHaveLength(8);
    }
  });
});

test.each([
  ['chaos-1/chunk-7', [7]],
  ['chaos-1/chunk-7-close', [7]],
  ['chaos-1/segment-1', [64, 127]],
  ['chaos-1/segment-3-close', [192, 255]],
  ['chaos-1/reconcile', []],
])('the chunks that end with %s are known', (part, ends) => {
  const plan = { documents: Array(256), chunkSize: 1, maxBatchesInFlight: 8 };
  const chunks = chunksOf(part, plan);
  expect([chunks[0], chunks.at(-1)].filter((chunk) => chunk !== undefined)).toEqual(
    ends.length === 1 ? [...ends, ...ends] : ends,
  );
});
