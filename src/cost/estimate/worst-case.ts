import type { Price, PriceList } from '../prices/prices';
import { type PicoUsd, parseUsd, usdString } from '../prices/usd';
import { outputRange, type PricedRequest, priceRange } from './bounds';
import type { Range } from './range';

/** The worst-case cost of a chunk's requests, in USD as decimal strings. */
export interface ChunkWorstCase {
  requests: number;
  /** All requests, in batches. */
  batch: string;
  /** The most expensive request, in a batch. */
  dearest: string;
}

/** Adds up a chunk's worst case. */
export class WorstCaseSum {
  #requests = 0;
  #batch = 0n;
  #dearest = 0n;

  readonly #prices: PriceList;
  readonly #date: Date;

  constructor(prices: PriceList, date: Date) {
    this.#prices = prices;
    this.#date = date;
  }

  /**
   * @returns the worst-case cost of the request
   * @throws {UnknownModelError}
   */
  add(request: PricedRequest, input: Range<number>): Price {
    const { worst } = priceRange(request, input, outputRange(request.maxTokens), this.#prices, this.#date);
    this.#requests += 1;
    this.#batch += worst.batch;
    if (worst.batch > this.#dearest) this.#dearest = worst.batch;
    return worst;
  }

  get quote(): ChunkWorstCase {
    return {
      requests: this.#requests,
      batch: usdString(this.#batch),
      dearest: usdString(this.#dearest),
    };
  }
}

/**
 * Returns the most that a chunk can cost, with each request sent once.
 *
 * @param liveBelow fewer requests than this may be sent live, each at twice the price
 */
export function worstOf({ batch, dearest }: ChunkWorstCase, liveBelow = 0): PicoUsd {
  const whole = parseUsd(batch)!;
  const live = BigInt(Math.max(0, liveBelow - 1)) * parseUsd(dearest)!;
  return whole + lesser(live, whole);
}

/** Returns the most that a batch of `requests` of a chunk's requests costs. */
export function worstOfBatch(quote: ChunkWorstCase, requests: number): PicoUsd {
  return lesser(parseUsd(quote.batch)!, mostOf(quote, requests, false));
}

const lesser = (a: PicoUsd, b: PicoUsd): PicoUsd => (a < b ? a : b);

/** Returns the most that `requests` of a chunk's requests can have cost. */
export function mostOf({ dearest }: ChunkWorstCase, requests: number, live: boolean): PicoUsd {
  return BigInt(requests) * parseUsd(dearest)! * (live ? 2n : 1n);
}
