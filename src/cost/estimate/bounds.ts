import { inUsAlone } from '../prices/bill';
import { NO_TOKENS, type Price, type PriceList, priceOf, type TokenKind } from '../prices/prices';
import type { Range } from './range';

/** How long a prompt is to be kept in the cache, where its params ask for that. */
export type CacheTtl = '5m' | '1h';

/** What of a request its price depends on, but for its prompt's tokens. */
export interface PricedRequest {
  model: string;
  maxTokens: number;
  /** The longest of its `cache_control`s. */
  cache?: CacheTtl;
  /** It asks to be answered in the US alone. */
  us?: boolean;
}

/**
 * Output tokens of an answer: at least one, at most `max_tokens`. What is likely nobody can know before; `expected` is the
 * user's own expectation, and without it half of `max_tokens` is assumed.
 */
export function outputRange(maxTokens: number, expected?: number): Range<number> {
  return { low: 1, likely: Math.min(maxTokens, expected ?? Math.ceil(maxTokens / 2)), worst: maxTokens };
}

/**
 * What a request costs that is answered. Where its prompt is to be cached: at the least all of it is read from the cache,
 * likely is the price without a cache, and in the worst case all of it is written: no hit can be counted on.
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
  // A price list of a user's own may have long prompts cheaper than short ones, or writing cheaper than reading.
  return { low: cheaper(low, likely), likely, worst: dearer(likely, worst) };
}

const WRITE = { '5m': 'cacheWrite5m', '1h': 'cacheWrite1h' } as const;

const cheaper = (a: Price, b: Price) => (a.standard < b.standard ? a : b);
const dearer = (a: Price, b: Price) => (a.standard > b.standard ? a : b);
