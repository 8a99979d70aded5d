import { describe, expect, test } from 'vitest';
import { addCosts, type Cost, CostSum, costOfModel, unknownCost } from '../../../src/cost/cost';
import { effectivePrices, PRICES } from '../../../src/cost/prices/price-list';
import { NO_TOKENS, type PriceList, type Tokens } from '../../../src/cost/prices/prices';
import type { Usage } from '../../../src/cost/prices/usage';
import { parseUsd } from '../../../src/cost/prices/usd';
import { costGap, costText } from '../../../src/cost/text';

const DATE = new Date('2026-11-22T12:00:00Z');

interface Answer extends Partial<Omit<Usage, 'tokens'>> {
  tokens?: Partial<Tokens>;
  useful?: boolean;
}

function sum(
  answers: Answer[],
  { prices = PRICES, date = DATE }: { prices?: PriceList; date?: Date } = {},
): Cost {
  const all = new CostSum();
  for (const { tokens, useful = true, ...usage } of answers) {
    const whole = { model: 'claude-sonnet-4-6', batch: true, us: false, webSearches: 0, ...usage };
    all.addAnswer({ ...whole, tokens: { ...NO_TOKENS, ...tokens } }, { prices, date, useful });
  }
  return all.cost;
}

const amounts = ({ standard, paid, saved, wasted }: Cost) => ({ standard, paid, saved, wasted });

describe('the cost of answers', () => {
  // Computed by hand: tokens times USD per million.
  test('is half the price in a batch, and the full price otherwise', () => {
    const tokens = { input: 1_200, output: 400 };
    // 1200 × 3 + 400 × 15 = 9,600 millionths.
    expect(amounts(sum([{ tokens }]))).toEqual({
      standard: '0.0096',
      paid: '0.0048',
      saved: '0.0048',
      wasted: '0.00',
    });
    expect(amounts(sum([{ tokens, batch: false }]))).toEqual({
      standard: '0.0096',
      paid: '0.0096',
      saved: '0.00',
      wasted: '0.00',
    });
  });

  test('has all columns', () => {
    // 10 × 5 + 20 × 25 + 30 × 6.25 + 40 × 10 + 50 × 0.50 = 1,162.5 millionths; its half in a batch.
    const tokens = { input: 10, output: 20, cacheWrite5m: 30, cacheWrite1h: 40, cacheRead: 50 };
    const cost = sum([{ model: 'claude-opus-4-6', tokens }]);
    expect(amounts(cost)).toEqual({
      standard: '0.0011625',
      paid: '0.00058125',
      saved: '0.00058125',
      wasted: '0.00',
    });
    expect(cost.tokens).toEqual(tokens);
  });

  test('is a tenth higher for US-only inference, to the last digit', () => {
    const tokens = { input: 1, output: 1 };
    // (0.1 + 0.5) × 1.1 = 0.66 millionths.
    expect(amounts(sum([{ model: 'claude-haiku-5-5', tokens, us: true }]))).toMatchObject({
      standard: '0.00000066',
      paid: '0.00000033',
    });
    const prices = {
      m: [{ input: '0.0001', output: '0.0003', cacheWrite5m: '1', cacheWrite1h: '1', cacheRead: '1' }],
    };
    // The smallest possible price: (0.0001 + 0.0003) × 1.1 ÷ 2 = 0.00022 millionths.
    expect(amounts(sum([{ model: 'm', tokens, us: true }], { prices })).paid).toBe('0.00000000022');
  });

  test('includes the fee of web searches, which is neither halved in a batch nor raised in a region', () => {
    const cost = sum([{ tokens: { input: 1_000 }, webSearches: 3, us: true }]);
    // 3 searches of 0.01, and 1,000 × 3 × 1.1 = 3,300 millionths.
    expect(amounts(cost)).toEqual({ standard: '0.0333', paid: '0.03165', saved: '0.00165', wasted: '0.00' });
    expect(cost.webSearches).toBe(3);
    expect(sum([{}])).not.toHaveProperty('webSearches');
  });

  test('is computed for each answer: two answers in a lower tier cost less than one of their total size', () => {
    const half = { model: 'claude-haiku-5-5', tokens: { input: 60_000 } };
    // 2 × 60,000 × 0.10 ÷ 2, against 120,000 × 0.50 ÷ 2.
    expect(sum([half, half]).paid).toBe('0.006');
    expect(sum([{ ...half, tokens: { input: 120_000 } }]).paid).toBe('0.03');
  });

  test('uses the prices of the day of the batch’s creation', () => {
    const answer = { model: 'claude-sonnet-5-5', tokens: { cacheRead: 1_000_000 } };
    expect(sum([answer], { date: new Date('2026-10-06T23:59:59.999Z') }).paid).toBe('0.10');
    expect(sum([answer], { date: new Date('2026-10-07T00:00:00Z') }).paid).toBe('0.05');
  });

  test.each([
    ['claude-opus-4-5', 'claude-opus-4-5-20251101'],
    ['claude-sonnet-4-5', 'claude-sonnet-4-5-20250929'],
    ['claude-haiku-4-5', 'claude-haiku-4-5-20251001'],
  ])('is the same for %s and its full name', (short, full) => {
    const tokens = { input: 1, output: 2, cacheWrite5m: 3, cacheWrite1h: 4, cacheRead: 5 };
    expect(sum([{ model: full, tokens }]).paid).toBe(sum([{ model: short, tokens }]).paid);
    expect(sum([{ model: `${short}-20260101`, tokens }]).unpriced).toBe(1);
  });

  test('is reported by model, with the wasted part', () => {
    const cost = sum([
      { tokens: { output: 100 } },
      { tokens: { output: 100 }, useful: false },
      { model: 'claude-haiku-4-5-20251001', tokens: { output: 100 } },
    ]);
    expect(amounts(cost)).toEqual({
      standard: '0.0035',
      paid: '0.00175',
      saved: '0.00175',
      wasted: '0.00075',
    });
    expect(cost.requests).toBe(3);
    expect(
      Object.entries(cost.models).map(([model, { requests, paid, wasted }]) => [
        model,
        requests,
        paid,
        wasted,
      ]),
    ).toEqual([
      ['claude-haiku-4-5-20251001', 1, '0.00025', '0.00'],
      ['claude-sonnet-4-6', 2, '0.0015', '0.00075'],
    ]);
    expect(costText(cost)).toBe('0.0018 USD (standard 0.0035, saved 0.0018, wasted 0.00075)');
    expect(costGap(cost)).toBeUndefined();
  });

  test('is incomplete if a model has no price: its tokens are counted, and it is named', () => {
    const cost = sum([
      { tokens: { output: 100 } },
      { model: 'claude-next', tokens: { input: 7, output: 3 }, useful: false },
    ]);
    expect(cost).toMatchObject({
      requests: 2,
      unpriced: 1,
      paid: '0.00075',
      wasted: '0.00',
      tokens: { input: 7, output: 103 },
    });
    expect(cost.models['claude-next']).toMatchObject({
      requests: 1,
      unpriced: 1,
      paid: '0.00',
      tokens: { input: 7 },
    });
    expect(costGap(cost)).toMatch(
      /^without 1 request of claude-next, which has no price\. Set .* --prices FILE/,
    );
  });

  test('uses a job’s own prices if it has any', () => {
    const line = { input: '1', output: '2', cacheWrite5m: '3', cacheWrite1h: '4', cacheRead: '5' };
    const prices = effectivePrices({ 'claude-next': [line], 'claude-sonnet-4-6': [line] });
    expect(sum([{ model: 'claude-next', tokens: { output: 1_000 } }], { prices }).paid).toBe('0.001');
    expect(sum([{ tokens: { output: 1_000 } }], { prices }).paid).toBe('0.001');
    expect(sum([{ model: 'claude-opus-5', tokens: { output: 1_000 } }], { prices }).paid).toBe('0.0125');
  });
});

test('the sum of 100,000 answers is exact, unlike a sum of floating-point numbers', () => {
  const one = { model: 'claude-haiku-5-5', tokens: { input: 7, output: 3, cacheRead: 1 } };
  const cost = sum(Array.from({ length: 100_000 }, () => one));
  // 7 × 0.10 + 3 × 0.50 + 0.01 = 2.21 millionths each.
  expect(amounts(cost)).toEqual({ standard: '0.221', paid: '0.1105', saved: '0.1105', wasted: '0.00' });
  expect(parseUsd(cost.paid)! * 2n).toBe(parseUsd(cost.standard));
  const drifting = Array.from({ length: 100_000 }, () => 0.00000221).reduce((all, each) => all + each, 0);
  expect(drifting).not.toBe(0.221);
});

describe('the costs of parts', () => {
  const a = sum([{ tokens: { output: 100 } }, { tokens: { output: 7 }, webSearches: 1, useful: false }]);
  const b = sum([{ tokens: { output: 100 } }, { model: 'claude-next', tokens: { output: 1 } }]);

  test('add up to the cost of the whole', () => {
    expect(addCosts(a, b)).toEqual(
      sum([
        { tokens: { output: 200 } },
        { tokens: { output: 7 }, webSearches: 1, useful: false },
        { tokens: {} },
        { model: 'claude-next', tokens: { output: 1 } },
      ]),
    );
    expect(addCosts(JSON.parse(JSON.stringify(a)), sum([]))).toEqual(a);
  });

  test('include unknown costs', () => {
    const cost = addCosts(addCosts(a, unknownCost(3)), unknownCost(1));
    expect(cost).toEqual({ ...a, unknown: 4 });
    expect(costGap(cost)).toBe('without 4 requests whose cost is unknown');
    expect(costGap(unknownCost(1))).toBe('without 1 request whose cost is unknown');
  });

  test('are available by model', () => {
    const [[model, spent]] = Object.entries(a.models) as [[string, Cost['models'][string]]];
    expect(costOfModel(model, spent)).toEqual(a);
  });
});
