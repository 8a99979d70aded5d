import { describe, expect, test } from 'vitest';
import { parseUsd } from '../../../src/cost/prices/usd';
import { planJob } from '../../chaos/jobs';
import { chunksOf } from '../../chaos/parts';
import { Random } from '../../chaos/random';
import { SHORT_RUN, schedule } from '../../chaos/schedule';
import { unreadableRows } from '../../chaos/unreadable';

const plans = Array.from({ length: 400 }, (_, number) => planJob(new Random(`${number}`), number));

describe('the jobs of a run', () => {
  test('some have a budget, which is ample or so small that a person must raise it', () => {
    const ample = plans.filter(({ terms }) => terms.maxUsd !== undefined && !terms.raise);
    const small = plans.filter(({ terms }) => terms.raise);
    expect(ample.length).toBeGreaterThan(20);
    expect(small.length).toBeGreaterThan(20);
    for (const { terms } of small) expect(parseUsd(terms.maxUsd!)!).toBeLessThan(parseUsd(terms.raise!.to)!);
  });

  test('some send few requests live, some all of the first round, and none of these waits for a budget', () => {
    const singly = plans.filter(({ terms }) => terms.liveBelow !== undefined);
    const live = singly.filter(({ terms, documents }) => documents.length < terms.liveBelow!);
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

test('the run of the test suite begins with jobs on all terms, none with segments, and odd rows', () => {
  const random = new Random(SHORT_RUN.seed);
  const first = [0, 1, 2, 3].map((number) => planJob(random.of('jobs').of(number), number));
  const finished = first.filter(({ fate }) => fate.kind === 'finish').map(({ terms }) => terms);
  expect(finished.some(({ raise }) => raise)).toBe(true);
  expect(finished.some(({ liveBelow = 0 }) => liveBelow > 100)).toBe(true);
  expect(finished.filter(({ liveBelow = 0 }) => liveBelow < 100).length).toBeGreaterThan(1);
  expect(first.filter(({ documents }) => documents.length > 200)).toEqual([]);
  const happenings = schedule(random.of('schedule'), SHORT_RUN.minutes * 60_000);
  const faults = happenings.flatMap((each) => (each.kind === 'faults' ? (each.spec.http ?? []) : []));
  const rows = faults.flatMap((fault) =>
    fault.kind === 'odd-row' ? [{ batch: 'a', custom_id: `${faults.indexOf(fault)}`, row: fault.row }] : [],
  );
  expect(unreadableRows(rows).get('a')!.size).toBeGreaterThan(2);
  expect(faults.some(({ endpoint }) => endpoint === 'messages')).toBe(true);
});

test.each([
  ['chaos-1/chunk-7', [7]],
  ['chaos-1/chunk-7-salvage', [7]],
  ['chaos-1/segment-1', [64, 127]],
  ['chaos-1/segment-3', [192, 255]],
  ['chaos-1/reconcile', []],
])('the chunks that end with %s are known', (part, ends) => {
  const plan = { documents: Array(256), chunkSize: 1, maxBatchesInFlight: 8 };
  const chunks = chunksOf(part, plan);
  expect([chunks[0], chunks.at(-1)].filter((chunk) => chunk !== undefined)).toEqual(
    ends.length === 1 ? [...ends, ...ends] : ends,
  );
});
