import { describe, expect, test } from 'vitest';
import { CostSum } from '../../../src/cost/cost';
import { effectivePrices } from '../../../src/cost/prices/price-list';
import { NO_TOKENS } from '../../../src/cost/prices/prices';
import type { Usage } from '../../../src/cost/prices/usage';
import { type BilledBatch, compareCosts, type ReportedJob, tellCosts } from '../../chaos/compare-costs';

const prices = effectivePrices();
const createdAt = new Date('2026-11-22T12:00:00Z');

/** 1,000 of these tokens cost 3 × 1,000 / 2 millionths of a USD. */
const answer = (input = 1_000): Usage => ({
  model: 'claude-sonnet-4-6',
  tokens: { ...NO_TOKENS, input },
  batch: true,
  us: false,
  webSearches: 0,
});
const EACH = 1_500_000_000n;

const costOf = (usages: Usage[], { unknown = 0, useful = true } = {}) => {
  const sum = new CostSum();
  for (const usage of usages) sum.addAnswer(usage, { prices, date: createdAt, useful });
  sum.addUnknown(unknown);
  return sum.cost;
};

const billed = (id: string, answers: number, of: Partial<BilledBatch> = {}): BilledBatch => ({
  id,
  createdAt,
  usages: Array.from({ length: answers }, () => answer()),
  unreadable: [],
  sender: { job: 'job', chunk: 0, round: 0, state: 'bought' },
  late: false,
  ...of,
});

type Entry = NonNullable<ReportedJob['chunks'][number]['costs']>[number];

const entry = (batch: string | undefined, answers: number, of: Partial<Entry> = {}): Entry => ({
  round: 0,
  batch,
  cost: costOf(Array.from({ length: answers }, () => answer())),
  ...of,
});

/** A job with these entries in each chunk, and with correct sums. */
function reported(...chunks: Entry[][]): ReportedJob {
  const sumOf = (entries: Entry[]) => {
    const sum = new CostSum();
    for (const { cost } of entries) sum.addCost(cost);
    return sum.cost;
  };
  return {
    id: 'job',
    prices,
    chunks: chunks.map((costs, chunk) => ({ chunk, costs, cost: sumOf(costs) })),
    cost: sumOf(chunks.flat()),
  };
}

describe('the comparison of reported and billed costs', () => {
  const NO_EXCUSE = { unreported: 0n, unresolved: 0n, late: 0n, unreadable: 0n, lostCalls: 0n };

  test.each<[string, BilledBatch[], ReportedJob]>([
    [
      'rounds and chunks',
      [billed('a', 2), billed('b', 1, { sender: { job: 'job', chunk: 1, round: 1, state: 'bought' } })],
      reported([entry('a', 2)], [entry('b', 1, { round: 1 })]),
    ],
    [
      'a reported orphan',
      [
        billed('a', 2),
        billed('b', 2, { sender: { job: 'job', chunk: 0, round: 0, state: 'presumed-lost' } }),
      ],
      reported([entry('a', 2), entry('b', 2)]),
    ],
    [
      'wasted answers',
      [billed('a', 1)],
      reported([entry('a', 1, { cost: costOf([answer()], { useful: false }) })]),
    ],
    [
      'a batch without billed answers, whether its report knows that or not',
      [billed('a', 0), billed('b', 0)],
      reported([entry('a', 0), entry('b', 0, { cost: costOf([], { unknown: 5 }) })]),
    ],
    [
      'failed requests that are reported as unknown',
      [],
      reported([entry(undefined, 0, { cost: costOf([], { unknown: 5 }) })]),
    ],
  ])('finds nothing in %s', (_, batches, job) => {
    const all = EACH * BigInt(batches.reduce((sum, { usages }) => sum + usages.length, 0));
    expect(compareCosts(batches, [job])).toEqual({
      billed: all,
      reported: all,
      excused: NO_EXCUSE,
      unexplained: 0n,
      violations: [],
    });
  });

  const right = () => reported([entry('a', 2)]);
  const unknown = billed('a', 2, { sender: { job: 'job', chunk: 0, round: 0, state: 'unknown' } });

  test.each<[string, BilledBatch[], ReportedJob, bigint, RegExp]>([
    [
      'an unreported batch',
      [billed('a', 2), billed('b', 3)],
      right(),
      3n * EACH,
      /does not report the batch b/,
    ],
    ['a missing answer', [billed('a', 3)], right(), EACH, /a, reports 0.003 USD for 2 .*0.0045 USD for 3/],
    ['a surplus answer', [billed('a', 1)], right(), EACH, /a, reports 0.003 USD for 2 .*0.0015 USD for 1/],
    [
      'tokens in the wrong column at any cost',
      [billed('a', 1, { usages: [{ ...answer(), tokens: { ...NO_TOKENS, output: 200 } }] })],
      reported([entry('a', 1)]),
      0n,
      /a, reports/,
    ],
    [
      'the wrong model',
      [billed('a', 1, { usages: [{ ...answer(), model: 'claude-sonnet-4-5' }] })],
      reported([entry('a', 1)]),
      0n,
      /a, reports/,
    ],
    [
      'a batch reported twice',
      [billed('a', 2)],
      reported([entry('a', 2), entry('a', 2)]),
      2n * EACH,
      /none of it was billed/,
    ],
    [
      'a batch that is not in the books',
      [billed('a', 2)],
      reported([entry('a', 2), entry('b', 1)]),
      EACH,
      /b, reports .* none of it was billed/,
    ],
    [
      'an amount without a batch',
      [billed('a', 2)],
      reported([entry('a', 2), entry(undefined, 1)]),
      EACH,
      /without a batch, reports/,
    ],
    [
      "another round's batch",
      [billed('a', 2, { sender: { job: 'job', chunk: 0, round: 1, state: 'bought' } })],
      right(),
      4n * EACH,
      /does not report the batch a/,
    ],
    [
      'billed requests reported as unknown',
      [billed('a', 2)],
      reported([entry('a', 0, { cost: costOf([], { unknown: 2 }) })]),
      2n * EACH,
      /a, reports 0.00 USD/,
    ],
    [
      'additional requests reported as unknown',
      [billed('a', 2)],
      reported([entry('a', 0, { cost: costOf([answer(), answer()], { unknown: 2 }) })]),
      0n,
      /2 unknown/,
    ],
    [
      'a chunk that does not add up',
      [billed('a', 2)],
      { ...right(), chunks: [{ ...right().chunks[0]!, cost: costOf([answer()]) }] },
      EACH,
      /job, chunk 0, reports 0.0015 USD/,
    ],
    [
      'a job that does not add up',
      [billed('a', 2)],
      { ...right(), cost: costOf([answer()]) },
      EACH,
      /job reports 0.0015 USD/,
    ],
    [
      'a batch found late outside the window',
      [billed('a', 2, { sender: { ...unknown.sender, state: 'presumed-lost' } })],
      reported([]),
      2n * EACH,
      /does not report/,
    ],
    ['an unresolved batch that is in no report', [unknown], reported([]), 2n * EACH, /does not report/],
    [
      'an unresolved batch with more requests than are unknown',
      [unknown],
      reported([entry(undefined, 0, { cost: costOf([], { unknown: 1 }) })]),
      2n * EACH,
      /does not report/,
    ],
  ])('reports %s', (_, batches, job, unexplained, message) => {
    const verdict = compareCosts(batches, [job]);
    expect(verdict).toMatchObject({ unexplained, excused: NO_EXCUSE });
    expect(verdict.violations.join('\n')).toMatch(message);
  });

  const unread = (usages: Usage[], unreadable: (Usage | undefined)[]) => [
    { ...billed('a', 0), usages, unreadable },
  ];
  const [small, large] = [answer(1_000), answer(2_000)];

  test.each<[string, Usage[], number, bigint]>([
    ['all of them were read', [small, large], 0, 0n],
    ['an unreadable answer is unknown', [small], 1, 2n * EACH],
    ['an unreadable failure is unknown', [small, large], 1, 0n],
    ['both are unknown', [small], 2, 2n * EACH],
  ])('takes odd rows into account if %s', (_, known, unknown, amount) => {
    const job = reported([entry('a', 0, { cost: costOf(known, { unknown }) })]);
    expect(compareCosts(unread([small, large], [large, undefined]), [job])).toEqual({
      billed: 3n * EACH,
      reported: 3n * EACH - amount,
      excused: { ...NO_EXCUSE, unreadable: amount },
      unexplained: 0n,
      violations: [],
    });
  });

  test.each<[string, Usage[], number]>([
    ['an answer other than the odd one is missing', [large], 1],
    ['an odd row is in no count', [small], 0],
    ['more is unknown than the odd rows', [small], 3],
  ])('reports that %s', (_, known, unknown) => {
    const job = reported([entry('a', 0, { cost: costOf(known, { unknown }) })]);
    const { violations } = compareCosts(unread([small, large], [large, undefined]), [job]);
    expect(violations).toHaveLength(1);
  });

  describe('for live requests', () => {
    const call = (input?: number): Usage => ({ ...answer(input), batch: false });
    const single = (usages: Usage[], unknown = 0) =>
      entry(undefined, 0, { live: true, cost: costOf(usages, { unknown }) });

    test('finds nothing if each answer is reported at full price, and lost ones as unknown', () => {
      const job = reported([single([call()], 2), single([call(2_000)])], [entry('a', 1)]);
      const calls = { job: 'job', answered: [call(2_000), call()], lost: [call(), call(2_000)] };
      const sender = { ...unknown.sender, chunk: 1, state: 'bought' as const };
      expect(compareCosts([billed('a', 1, { sender })], [job], [calls])).toEqual({
        billed: 13n * EACH,
        reported: 7n * EACH,
        excused: { ...NO_EXCUSE, lostCalls: 6n * EACH },
        unexplained: 0n,
        violations: [],
      });
    });

    test.each<[string, Entry[], Usage[], Usage[]]>([
      ['an answer is missing', [single([call()])], [call(), call()], []],
      ['there is a surplus answer', [single([call(), call()])], [call()], []],
      ['an answer has a batch’s price', [single([answer()])], [call()], []],
      ['a lost answer is in no count', [single([call()])], [call()], [call()]],
      [
        'a batch’s round counts them',
        [entry(undefined, 0, { cost: costOf([], { unknown: 1 }) })],
        [],
        [call()],
      ],
    ])('reports that %s', (_, entries, answered, lost) => {
      const { violations } = compareCosts([], [reported(entries)], [{ job: 'job', answered, lost }]);
      expect(violations).toHaveLength(1);
    });

    test('excuses no unreported batch', () => {
      const job = reported([single([], 2)]);
      expect(
        compareCosts([unknown], [job], [{ job: 'job', answered: [], lost: [] }]).violations,
      ).toHaveLength(1);
    });
  });

  test('reports a gap in one job although another has an equal excess', () => {
    const [poor, rich] = [
      { ...reported([entry('a', 1)]), id: 'poor' },
      { ...reported([entry('b', 2)]), id: 'rich' },
    ];
    const of = (job: string) => ({ sender: { ...unknown.sender, job } });
    const verdict = compareCosts([billed('a', 2, of('poor')), billed('b', 1, of('rich'))], [poor, rich]);
    expect(verdict).toMatchObject({ billed: 3n * EACH, reported: 3n * EACH, unexplained: 2n * EACH });
  });

  test.each<[string, BilledBatch, ReportedJob]>([
    ['unreported', billed('a', 2), { ...right(), cost: undefined }],
    ['unresolved', unknown, reported([entry(undefined, 0, { cost: costOf([], { unknown: 2 }) })])],
    ['late', { ...billed('a', 2), late: true }, reported([])],
  ])('counts %s amounts separately', (excuse, batch, job) => {
    const verdict = compareCosts([batch], [job]);
    expect(verdict).toEqual({
      billed: 2n * EACH,
      reported: 0n,
      excused: { ...NO_EXCUSE, [excuse]: 2n * EACH },
      unexplained: 0n,
      violations: [],
    });
  });

  test('is formatted as one line', () => {
    expect(tellCosts(compareCosts([billed('a', 2)], [right()]))).toBe(
      'billed 0.003 USD, reported 0.003 USD, unexplained 0.00 USD',
    );
    expect(tellCosts(compareCosts([{ ...billed('a', 2), late: true }], [reported([])]))).toBe(
      'billed 0.003 USD, reported 0.00 USD, unexplained 0.00 USD, inside the named window 0.003 USD',
    );
  });
});
