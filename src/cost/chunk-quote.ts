import { outputRange, type PricedRequest, priceRange } from './bounds';
import type { PriceList } from './prices';
import type { Range } from './range';
import { type PicoUsd, parseUsd, usdString } from './usd';

/** The worst case of what a chunk's requests cost, in USD as decimal strings. */
export interface ChunkQuote {
  requests: number;
  /** All of them, in batches. */
  batch: string;
  /** The dearest of them, in a batch. */
  dearest: string;
}

/** Adds up a chunk's worst case. */
export class QuoteSum {
  #requests = 0;
  #batch = 0n;
  #dearest = 0n;

  constructor(
    private readonly prices: PriceList,
    private readonly date: Date,
  ) {}

  /**
   * @returns what the request costs in the worst case, in a batch.
   * @throws {UnknownModelError}
   */
  add(request: PricedRequest, input: Range<number>): PicoUsd {
    const { worst } = priceRange(request, input, outputRange(request.maxTokens), this.prices, this.date);
    this.#requests += 1;
    this.#batch += worst.batch;
    if (worst.batch > this.#dearest) this.#dearest = worst.batch;
    return worst.batch;
  }

  get quote(): ChunkQuote {
    return {
      requests: this.#requests,
      batch: usdString(this.#batch),
      dearest: usdString(this.#dearest),
    };
  }
}

export const worstOf = ({ batch }: ChunkQuote): PicoUsd => parseUsd(batch)!;
export const dearestOf = ({ dearest }: ChunkQuote): PicoUsd => parseUsd(dearest)!;
