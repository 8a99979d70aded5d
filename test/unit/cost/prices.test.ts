import { describe, expect, test } from 'vitest';
import { PRICES } from '../../../src/cost/prices/price-list';
import {
  isPrice,
  priceOf,
  TOKEN_KINDS,
  type Tokens,
  UnknownModelError,
} from '../../../src/cost/prices/prices';
import { usdString } from '../../../src/cost/prices/usd';

const NOW = new Date('2026-11-22T12:00:00Z');
const NONE: Tokens = { input: 0, output: 0, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0 };

const standard = (model: string, tokens: Partial<Tokens>, date = NOW) =>
  usdString(priceOf(PRICES, model, { ...NONE, ...tokens }, date).standard);

describe('the price of a request', () => {
  // Computed by hand from the published prices: tokens times USD per million.
  test.each<[string, Partial<Tokens>, string]>([
    ['claude-sonnet-4-6', { input: 1_200, output: 400 }, '0.0096'],
    ['claude-opus-5-5', { input: 1_000_000 }, '4.00'],
    ['claude-opus-5-5', { cacheWrite5m: 1_000, cacheWrite1h: 1_000, cacheRead: 1_000 }, '0.0132'],
    ['claude-fable-5-1', { input: 1, output: 1 }, '0.00006'],
    ['claude-opus-4-7', { input: 10, output: 10, cacheRead: 10 }, '0.000305'],
    [
      'claude-haiku-4-5',
      { input: 3, output: 7, cacheWrite5m: 1, cacheWrite1h: 1, cacheRead: 1 },
      '0.00004135',
    ],
    ['claude-haiku-5-5', { input: 1, output: 1 }, '0.0000006'],
  ])('%s with %j is %s USD', (model, tokens, usd) => {
    expect(standard(model, tokens)).toBe(usd);
  });

  test('follows the tier of the whole prompt, cached tokens included', () => {
    expect(standard('claude-haiku-5-5', { input: 100_000, output: 1_000 })).toBe('0.0105');
    expect(standard('claude-haiku-5-5', { input: 100_001, output: 1_000 })).toBe('0.0525005');
    expect(standard('claude-haiku-5-5', { input: 50_000, cacheRead: 50_001 })).toBe('0.02750005');
  });

  test('is the price of its day', () => {
    const read = { cacheRead: 1_000_000 };
    expect(standard('claude-sonnet-5-5', read, new Date('2026-10-06T23:59:59Z'))).toBe('0.20');
    expect(standard('claude-sonnet-5-5', read, new Date('2026-10-07T00:00:00Z'))).toBe('0.10');
  });

  test.each(Object.keys(PRICES))('of %s is exactly halved in a batch, in each column', (model) => {
    for (const kind of TOKEN_KINDS) {
      for (const count of [1, 7, 1_000_001]) {
        const price = priceOf(PRICES, model, { ...NONE, [kind]: count }, NOW);
        expect(price.standard).toBeGreaterThan(0n);
        expect(price.batch * 2n).toBe(price.standard);
      }
    }
  });

  test.each(['claude-sonnet-4', 'claude-sonnet-4-6-20260101', 'gpt', 'constructor', ''])(
    'of the model %j is unknown, never zero and never that of a similar name',
    (model) => {
      expect(() => standard(model, { input: 1 })).toThrow(UnknownModelError);
      expect(() => standard(model, { input: 1 })).toThrow(/Set its price in USD per million tokens/);
    },
  );
});

test('a price is a decimal string that can be halved', () => {
  expect(['3', '0.30', '0.125', '0.0001'].map(isPrice)).toEqual([true, true, true, true]);
  expect(['', '-3', '3 USD', '0.00001', '0.0000001'].map(isPrice)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});
