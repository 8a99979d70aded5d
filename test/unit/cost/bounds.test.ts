import { describe, expect, test } from 'vitest';
import { outputRange, priceRange } from '../../../src/cost/estimate/bounds';
import { limitsOf, MODEL_LIMITS } from '../../../src/cost/estimate/models';
import { exactly } from '../../../src/cost/estimate/range';
import { PRICES } from '../../../src/cost/prices/price-list';
import { usdString } from '../../../src/cost/prices/usd';
import { pricedRequest } from '../../../src/job-spec/request-facts';

const day = new Date('2026-11-22');

test.each([
  [300, undefined, { low: 1, likely: 150, worst: 300 }],
  [1, undefined, { low: 1, likely: 1, worst: 1 }],
  [3, undefined, { low: 1, likely: 2, worst: 3 }],
  [300, 80, { low: 1, likely: 80, worst: 300 }],
  [300, 400, { low: 1, likely: 300, worst: 300 }],
])('an answer of at most %i tokens, expected %s', (maxTokens, expected, range) => {
  expect(outputRange(maxTokens, expected)).toEqual(range);
});

describe('a request', () => {
  // claude-opus-4-6, USD per million: input 5, writes 6.25 and 10, read 0.50.
  test.each([
    [undefined, ['5.00', '5.00', '5.00']],
    ['5m', ['0.50', '5.00', '6.25']],
    ['1h', ['0.50', '5.00', '10.00']],
  ] as const)('with a cache of %s', (cache, usd) => {
    const request = { model: 'claude-opus-4-6', maxTokens: 1, cache };
    const { low, likely, worst } = priceRange(request, exactly(1_000_000), exactly(0), PRICES, day);
    expect([low, likely, worst].map(({ standard }) => usdString(standard))).toEqual(usd);
  });

  test('is priced by its own tokens in each case, and so is the answer', () => {
    const request = { model: 'claude-opus-4-6', maxTokens: 1 };
    const million = { low: 1_000_000, likely: 2_000_000, worst: 3_000_000 };
    const { low, likely, worst } = priceRange(request, million, million, PRICES, day);
    expect([low, likely, worst].map(({ standard }) => usdString(standard))).toEqual([
      '30.00',
      '60.00',
      '90.00',
    ]);
  });

  test('with US-only inference costs a tenth more', () => {
    const params = { model: 'claude-opus-4-6', max_tokens: 1, inference_geo: 'us' };
    const { likely } = priceRange(pricedRequest(params), exactly(1_000_000), exactly(0), PRICES, day);
    expect([usdString(likely.standard), usdString(likely.batch)]).toEqual(['5.50', '2.75']);
  });

  test('stays in order by prices that fall with the prompt', () => {
    const line = { input: '2', output: '1', cacheWrite5m: '1', cacheWrite1h: '1', cacheRead: '3' };
    const prices = {
      m: [
        { ...line, upTo: 10 },
        { ...line, input: '1' },
      ],
    };
    const request = { model: 'm', maxTokens: 1, cache: '5m' as const };
    const { low, likely, worst } = priceRange(
      request,
      { low: 9, likely: 10, worst: 11 },
      exactly(0),
      prices,
      day,
    );
    expect(low.standard).toBeLessThanOrEqual(likely.standard);
    expect(worst.standard).toBeGreaterThanOrEqual(likely.standard);
  });
});

describe('the cached part of a request', () => {
  const params = (more: object) => ({
    model: 'm',
    max_tokens: 7,
    messages: [{ role: 'user', content: 'x' }],
    ...more,
  });
  const hour = { cache_control: { type: 'ephemeral', ttl: '1h' } };
  const minutes = { cache_control: { type: 'ephemeral' } };
  test.each<[string, object, string | undefined]>([
    ['nothing', {}, undefined],
    ['the whole prompt', minutes, '5m'],
    ['a block of the system prompt', { system: [{ type: 'text', text: 'x', ...hour }] }, '1h'],
    ['a tool', { tools: [{ name: 't', ...minutes }] }, '5m'],
    ['a block of a message, the longest of two', { messages: [{ content: [minutes, hour] }] }, '1h'],
    ['the longest first', { messages: [{ content: [hour, minutes] }] }, '1h'],
    ['nothing, explicitly', { cache_control: null }, undefined],
    [
      'nothing, by a field of that name',
      { tools: [{ input_schema: { properties: { cache_control: { type: 'string' } } } }] },
      undefined,
    ],
  ])('is %s', (_, more, cache) => {
    expect(pricedRequest(params(more))).toEqual({ model: 'm', maxTokens: 7, cache, us: false });
  });
});

test('limits are known for exactly the models that have a price', () => {
  expect(Object.keys(MODEL_LIMITS).sort()).toEqual(Object.keys(PRICES).sort());
  expect(limitsOf('claude-haiku-5', [])).toBeUndefined();
  expect(limitsOf('claude-haiku-4-5', [])).toEqual({ context: 200_000, output: 64_000 });
});
