import { describe, expect, test } from 'vitest';
import { type Stratum, Survey } from '../../../src/cost/estimate/strata';
import { TokenGuess } from '../../../src/cost/estimate/token-guess';
import fc from '../../support/fc';

/** Pseudorandom lots, one for each number. */
const lot = (number: number) => Math.imul(number + 1, 0x9e3779b1) >>> 0;

function survey(sizes: number[], sample: number, model = (_: number) => 'm'): Survey<number> {
  const made = new Survey<number>(sample);
  for (const [index, size] of sizes.entries()) made.add(model(index), size, lot(index), index);
  return made;
}

const drawn = (strata: Stratum<number>[]) => strata.flatMap(({ sample }) => sample.map(({ item }) => item));

describe('a survey', () => {
  const sizes = Array.from({ length: 10_000 }, (_, i) => Math.round(100 * 1.0005 ** i));

  test('has strata of similar sizes with about equal numbers of requests, each with its share', () => {
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

  test('draws the same requests in any order', () => {
    const forwards = new Survey<number>(50);
    const backwards = new Survey<number>(50);
    for (const [index, size] of sizes.entries()) forwards.add('m', size, lot(index), index);
    for (const [index, size] of [...sizes.entries()].reverse()) backwards.add('m', size, lot(index), index);
    expect(drawn(backwards.strata())).toEqual(drawn(forwards.strata()));
  });

  test('draws all requests with equal probability', () => {
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

  test('separates models, and draws from each', () => {
    const strata = survey(sizes, 20, (i) => (i === 7_000 ? 'rare' : 'm')).strata();
    expect(strata.filter(({ model }) => model === 'rare').map(({ sample }) => sample.length)).toEqual([1]);
  });

  test('draws all requests if the sample is large enough', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 200 }), (all) => {
        expect(drawn(survey(all, all.length).strata()).sort((a, b) => a - b)).toEqual([...all.keys()]);
      }),
    );
  });

  test('draws duplicate requests once, and gives their share to the others', () => {
    const made = new Survey<number>(100);
    // The 9,000 short ones have two different texts. 600 have a second size, and 400 a third.
    for (let index = 0; index < 9_000; index++) made.add('m', 50, lot(index % 2), index);
    for (let index = 0; index < 600; index++) made.add('m', 500, lot(10_000 + index), index);
    for (let index = 0; index < 400; index++) made.add('m', 5_000, lot(20_000 + index), index);
    const strata = made.strata();
    expect(strata.map(({ requests }) => requests)).toEqual([9_000, 1_000]);
    expect(strata.map(({ sample }) => sample.length)).toEqual([2, 98]);
    expect(drawn(strata.slice(0, 1)).sort()).toEqual([0, 1]);
    expect(new Set(drawn(strata.slice(1))).size).toBeGreaterThan(90);
  });

  test('draws no request twice, and as many as requested or available', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 1e4 }), fc.nat(30)), {
          minLength: 1,
          maxLength: 300,
        }),
        fc.integer({ min: 1, max: 100 }),
        (requests, sample) => {
          const made = new Survey<number>(sample);
          // Equal lots are equal requests, with one model and size.
          for (const [index, [model, size, text]] of requests.entries()) {
            made.add(model, size, lot(model.charCodeAt(0) * 1e6 + size * 31 + text), index);
          }
          const different = new Set(requests.map((request) => request.join())).size;
          const models = new Set(requests.map(([model]) => model)).size;
          const lots = made.strata().flatMap((stratum) => stratum.sample.map((each) => each.lot));
          expect(new Set(lots).size).toBe(lots.length);
          expect(lots.length).toBeGreaterThanOrEqual(Math.min(sample, different));
          expect(lots.length).toBeLessThan(sample + models);
        },
      ),
    );
  });

  test('without requests has no strata', () => {
    expect(survey([], 10).strata()).toEqual([]);
  });
});

test('a guess uses counted tokens, and for other requests the tokens per byte of their stratum', () => {
  const strata = survey([100, 100, 100, 100], 2).strata();
  expect(strata).toHaveLength(1);
  const [one, other] = strata[0]!.sample;
  const guess = new TokenGuess([{ stratum: strata[0]!, tokens: [20, 31] }]);
  expect(guess.of(one!.lot, 'm', 100)).toEqual({ low: 20, likely: 20, worst: 20 });
  expect(guess.of(other!.lot, 'm', 100)).toEqual({ low: 31, likely: 31, worst: 31 });
  const third = [0, 1, 2, 3].map(lot).find((each) => !guess.isCounted(each))!;
  expect(guess.of(third, 'm', 101)).toEqual({ low: 20, likely: 26, worst: 32 });
});
