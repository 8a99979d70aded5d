import { type Price, type PriceList, priceOf } from '../prices/prices';
import type { PicoUsd } from '../prices/usd';

/** Number of requests below which a batch saves little and causes a wait. A live call answers at once. */
export const FEW_REQUESTS = 100;

export interface FormulaInput {
  model: string;
  requests: number;
  /** Tokens of each request, none of them cached. */
  inputTokens: number;
  outputTokens: number;
  /** Number of such sets per day. */
  perDay?: number;
  prices: PriceList;
  date: Date;
}

export interface FormulaEstimate extends Price {
  saved: PicoUsd;
  /** Savings over 365 days. Set with `perDay`. */
  savedPerYear?: PicoUsd;
  /** So few requests that a batch is hardly worth the wait. */
  few: boolean;
}

/** Returns the cost of equal requests by the plain formula. @throws {UnknownModelError} */
export function estimateByFormula({
  model,
  requests,
  inputTokens,
  outputTokens,
  perDay,
  prices,
  date,
}: FormulaInput): FormulaEstimate {
  const tokens = { input: inputTokens, output: outputTokens, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0 };
  const one = priceOf(prices, model, tokens, date);
  const times = BigInt(requests);
  const saved = (one.standard - one.batch) * times;
  return {
    standard: one.standard * times,
    batch: one.batch * times,
    saved,
    savedPerYear: perDay === undefined ? undefined : saved * BigInt(perDay) * 365n,
    few: requests < FEW_REQUESTS,
  };
}
