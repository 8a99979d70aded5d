import { IN_US_ALONE, WEB_SEARCH } from './price-list';
import { type PriceList, priceOf } from './prices';
import type { Usage } from './usage';
import { type PicoUsd, parseUsd } from './usd';

export interface Bill {
  /** The cost outside of a batch. */
  standard: PicoUsd;
  paid: PicoUsd;
}

const SEARCH = parseUsd(WEB_SEARCH)!;

/** Returns the price of an answer with inference in the US only. */
export const inUsAlone = (price: PicoUsd): PicoUsd => (price * IN_US_ALONE.times) / IN_US_ALONE.of;

/**
 * Returns the cost of an answer.
 *
 * @param date when its batch was created
 * @throws {UnknownModelError}
 */
export function billOf(prices: PriceList, usage: Usage, date: Date): Bill {
  const { standard, batch } = priceOf(prices, usage.model, usage.tokens, date);
  const searches = BigInt(usage.webSearches) * SEARCH;
  const whole = (price: PicoUsd) => (usage.us ? inUsAlone(price) : price) + searches;
  return { standard: whole(standard), paid: whole(usage.batch ? batch : standard) };
}
