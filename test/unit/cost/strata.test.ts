import { describe, expect, test } from 'vitest';
import { type Stratum, Survey } from '../../../src/cost/strata';
import { TokenGuess } from '../../../src/cost/token-guess';
import fc from '../../support/fc';

/** Lots without a pattern, another for each number. */
const lot = (number: number) => Math.imul(number + 1, 0x9e3779b1) >>> 0;

function survey(sizes: number[], sample: number, model = (_: number) => 'm'): Survey<number> {
  const made = new Survey<number>(sample);
  for (const [index, size] of sizes.entries()) made.add(model(index), size, lot(index), index);
  return made;
}

const drawn = (strata: Stratum<number>[]) => strata.flatMap(({ sample }) => sample.map(({ item }) => item));

describe('a survey', () => {
  const sizes = Array.from({ length: 10_000 }, (_, i) => Math.round(100 * 1.0005 ** i));

  test('has strata of like sizes and about equally many requests, each with its share', () => {
    const strata = survey(sizes, 100).strata();
    expect(strata.length).toBeGreaterThanOrEqual(7);
    expect(strata.length).toBeLessThanOrEqual(10);
    for (const { requests, sample } of strata) {
      expect(requests).toBeGreaterThanOrEqual(1_000);
      expect(Math.abs(sample.length - requests / 100)).toBeLessThan(1);
    }
    expect(drawn(strata)).toHaveLength(100);
    const [first, second] = strata;
    expect(Math.max(...first!.sample.map(({ bytes }) => bytes))).toBeLessThan(
      Math.min(...second!.sample.map(({ bytes }) => bytes)),
    );
  });

  test('draws the same requests whatever their order', () => {
    const forwards = new Survey<number>(50);
    const backwards = new Survey<number>(50);
    for (const [index, size] of sizes.entries()) forwards.add('m', size, lot(index), index);
    for (const [index, size] of [...sizes.entries()].reverse()) backwards.add('m', size, lot(index), index);
    expect(drawn(backwards.strata())).toEqual(drawn(forwards.strata()));
  });

  test('draws all requests alike', () => {
    const times = new Map<number, number>();
    for (let round = 0; round < 400; round++) {
      const made = new Survey<number>(10);
      for (let index = 0; index < 100; index++) made.add('m', 50, lot(index + 1_000 * round), index);
      for (const item of drawn(made.strata())) times.set(item, (times.get(item) ?? 0) + 1);
    }
    // 40 on average, with a deviation of 6.
    expect(Math.min(...Array.from({ length: 100 }, (_, i) => times.get(i) ?? 0))).toBeGreaterThan(15);
    expect(Math.max(...times.values())).toBeLessThan(70);
  });

  test('keeps models apart, and draws of each', () => {
    const strata = survey(sizes, 20, (i) => (i === 7_000 ? 'rare' : 'm')).strata();
    expect(strata.filter(({ model }) => model === 'rare').map(({ sample }) => sample.length)).toEqual([1]);
  });

  test('draws all where the sample is as large', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 200 }), (all) => {
        expect(drawn(survey(all, all.length).strata()).sort((a, b) => a - b)).toEqual([...all.keys()]);
      }),
    );
  });

  test('of nothing has no strata', () => {
    expect(survey([], 10).strata()).toEqual([]);
  });
});

test('a guess is what was counted, and for the others by the tokens a byte of their stratum', () => {
  const strata = survey([100, 100, 100, 100], 2).strata();
  expect(strata).toHaveLength(1);
  const [one, other] = strata[0]!.sample;
  const guess = new TokenGuess([{ stratum: strata[0]!, tokens: [20, 31] }]);
  expect(guess.of(one!.ordinal, 'm', 100)).toEqual({ low: 20, likely: 20, worst: 20 });
  expect(guess.of(other!.ordinal, 'm', 100)).toEqual({ low: 31, likely: 31, worst: 31 });
  const third = [0, 1, 2, 3].find((ordinal) => !guess.isCounted(ordinal))!;
  expect(guess.of(third, 'm', 101)).toEqual({ low: 20, likely: 26, worst: 32 });
});
