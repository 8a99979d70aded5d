import { inUsAlone } from '../prices/bill';
import { NO_TOKENS, type Price, type PriceList, priceOf, type TokenKind } from '../prices/prices';
import type { Range } from './range';

/** How long a prompt stays in the cache, if its params request that. */
export type CacheTtl = '5m' | '1h';

/** The fields of a request that determine its price, except the prompt's tokens. */
export interface PricedRequest {
  model: string;
  maxTokens: number;
  /** The longest of its `cache_control`s. */
  cache?: CacheTtl;
  /** The request asks for inference in the US only. */
  us?: boolean;
}

/**
 * Returns the range of output tokens: at least one, at most `max_tokens`. The likely number is the user's
 * `expected` one, or half of `max_tokens`.
 */
export function outputRange(maxTokens: number, expected?: number): Range<number> {
  return { low: 1, likely: Math.min(maxTokens, expected ?? Math.ceil(maxTokens / 2)), worst: maxTokens };
}

/**
 * Returns the price range of an answered request. If its prompt is cached, `low` reads all of it from the
 * cache, `likely` is the price without a cache, and `worst` writes all of it: no cache hit is certain.
 *
 * @throws {UnknownModelError}
 */
export function priceRange(
  { model, cache, us }: PricedRequest,
  input: Range<number>,
  output: Range<number>,
  prices: PriceList,
  date: Date,
): Range<Price> {
  const price = (kind: TokenKind, prompt: number, answer: number): Price => {
    const { standard, batch } = priceOf(
      prices,
      model,
      { ...NO_TOKENS, [kind]: prompt, output: answer },
      date,
    );
    return us ? { standard: inUsAlone(standard), batch: inUsAlone(batch) } : { standard, batch };
  };
  const likely = price('input', input.likely, output.likely);
  const low = price(cache ? 'cacheRead' : 'input', input.low, output.low);
  const worst = price(cache ? WRITE[cache] : 'input', input.worst, output.worst);
  // In a user's own price list, long prompts may be cheaper than short ones, or writing cheaper than reading.
  return { low: cheaper(low, likely), likely, worst: dearer(likely, worst) };
}

const WRITE = { '5m': 'cacheWrite5m', '1h': 'cacheWrite1h' } as const;

const cheaper = (a: Price, b: Price) => (a.standard < b.standard ? a : b);
const dearer = (a: Price, b: Price) => (a.standard > b.standard ? a : b);
