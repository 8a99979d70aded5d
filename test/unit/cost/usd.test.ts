import { describe, expect, test } from 'vitest';
import { parseUsd, showUsd, usdString } from '../../../src/cost/prices/usd';
import fc from '../../support/fc';

describe('an amount', () => {
  test.each<[string, bigint]>([
    ['0', 0n],
    ['1', 1_000_000_000_000n],
    ['4.80', 4_800_000_000_000n],
    ['0.000000000001', 1n],
    ['1234567.5', 1_234_567_500_000_000_000n],
  ])('%s is %i pico-USD', (text, amount) => {
    expect(parseUsd(text)).toBe(amount);
  });

  test.each(['', '-1', '+1', '1.', '.5', '1e3', '1,000', '0.0000000000001', ' 1', 'NaN', '0x10'])(
    '%j is not an amount',
    (text) => {
      expect(parseUsd(text)).toBeUndefined();
    },
  );

  test('converts to a decimal string and back without loss', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n }), (amount) => {
        expect(parseUsd(usdString(amount))).toBe(amount);
        expect(usdString(amount)).toMatch(/^\d+\.\d{2,12}$/);
      }),
      { seed: 1 },
    );
  });

  test.each<[bigint, string, string]>([
    [0n, '0.00', '0.00'],
    [4_800_000_000_000n, '4.80', '4.80'],
    [1_752_000_000_000_000n, '1752.00', '1,752.00'],
    [-2_400_000_000_000n, '-2.40', '-2.40'],
    [12_345_678_901_234n, '12.345678901234', '12.35'],
    [120_000_000n, '0.00012', '0.00012'],
    [123_456_789n, '0.000123456789', '0.00012'],
    [9_999_999_999n, '0.009999999999', '0.0100'],
    [1n, '0.000000000001', '0.000000000001'],
  ])('of %i pico-USD is %s, and %s to people', (amount, exact, shown) => {
    expect(usdString(amount)).toBe(exact);
    expect(showUsd(amount)).toBe(shown);
  });
});
