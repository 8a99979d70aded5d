import { exactly, type Range } from './range';
import { binOf, type Stratum } from './strata';

/** Tokens of a stratum's counted requests, in the order of its sample. */
export interface CountedStratum {
  stratum: Stratum<unknown>;
  tokens: readonly number[];
}

/**
 * The prompt tokens of each request of a surveyed stream. Counted requests have their count. For others it is
 * their size times the tokens per byte of their stratum: `likely` is the average of its counted requests,
 * `low` and `worst` the extremes.
 */
export class TokenGuess {
  /** By lot. */
  readonly #counted = new Map<number, number>();
  readonly #perByte = new Map<string, Range<number>>();

  constructor(strata: readonly CountedStratum[]) {
    for (const { stratum, tokens } of strata) {
      const rates = stratum.sample.map(({ bytes }, index) => tokens[index]! / bytes);
      const bytes = stratum.sample.reduce((sum, drawn) => sum + drawn.bytes, 0);
      const range = {
        low: Math.min(...rates),
        likely: tokens.reduce((sum, count) => sum + count, 0) / bytes,
        worst: Math.max(...rates),
      };
      for (const bin of stratum.bins) this.#perByte.set(bin, range);
      for (const [index, { lot }] of stratum.sample.entries()) this.#counted.set(lot, tokens[index]!);
    }
  }

  /** @param lot the request's lot in the survey */
  of(lot: number, model: string, bytes: number): Range<number> {
    const counted = this.#counted.get(lot);
    if (counted !== undefined) return exactly(counted);
    const { low, likely, worst } = this.#perByte.get(binOf(model, bytes))!;
    return {
      low: Math.floor(bytes * low),
      likely: Math.round(bytes * likely),
      worst: Math.ceil(bytes * worst),
    };
  }

  isCounted(lot: number): boolean {
    return this.#counted.has(lot);
  }
}
