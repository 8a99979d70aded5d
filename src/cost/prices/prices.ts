// prices/: the price list, and the calculation of an answer's price. Start here.

import { AnthropicBatchError } from '../../errors/anthropic-batch-error';
import { type PicoUsd, parseUsd } from './usd';

/**
 * The columns of a price list, one per kind of token. `input` are the tokens neither read from a cache nor
 * written to one.
 */
export const TOKEN_KINDS = [
  'input',
  'output',
  'cacheWrite5m',
  'cacheWrite1h',
  'cacheRead',
] as const satisfies readonly TokenKind[];

/** A kind of tokens: a column of a price list. */
export type TokenKind = 'input' | 'output' | 'cacheWrite5m' | 'cacheWrite1h' | 'cacheRead';

/** Tokens of one or more requests. */
export type Tokens = Record<TokenKind, number>;

/** Standard prices in USD per million tokens, as decimal strings. */
export type TokenPrices = Record<TokenKind, string>;

/** One line of a model's price list. */
export interface PriceLine extends TokenPrices {
  /** The first day on which the line applies, `YYYY-MM-DD` in UTC. Unset: always. */
  from?: string;
  /**
   * The line applies to requests whose prompt has at most this many tokens, including cached ones. Unset:
   * any. It prices the whole request.
   */
  upTo?: number;
}

/** Price lists by model. Names must match exactly: prices are never guessed from a prefix. */
export type PriceList = Readonly<Record<string, readonly PriceLine[]>>;

export const NO_TOKENS: Tokens = { input: 0, output: 0, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0 };

/** A batch costs half of the standard price, in every column. */
const BATCH_DIVISOR = 2n;

export interface Price {
  standard: PicoUsd;
  batch: PicoUsd;
}

/** A model has no price. A cost is never guessed, and never zero. */
export class UnknownModelError extends AnthropicBatchError {
  override readonly name = 'UnknownModelError';
  override readonly code = 'UNKNOWN_MODEL';
  constructor(
    readonly model: string,
    known: readonly string[],
  ) {
    super(
      `There is no price for the model ${JSON.stringify(model)}. Known models: ${known.join(', ')}. ` +
        'Set its price in USD per ' +
        `million tokens, as {${JSON.stringify(model)}: {"input": "3", "output": "15", "cacheWrite5m": ` +
        '"3.75", "cacheWrite1h": "6", "cacheRead": "0.30"}}.',
    );
  }
}

/**
 * Returns the price of one request with known tokens. Each request determines its price tier, so totals
 * cannot be priced afterwards.
 *
 * @throws {UnknownModelError}
 */
export function priceOf(prices: PriceList, model: string, tokens: Tokens, date: Date): Price {
  const line = lineFor(prices, model, tokens, date);
  let standard = 0n;
  for (const kind of TOKEN_KINDS) standard += BigInt(tokens[kind]) * perToken(line[kind]);
  return { standard, batch: standard / BATCH_DIVISOR };
}

/** @throws {UnknownModelError} if the model has no price on that day */
export function assertPriced(prices: PriceList, model: string, date: Date): void {
  lineFor(prices, model, NO_TOKENS, date);
}

/** Converts USD per million tokens to pico-USD per token. */
function perToken(price: string): PicoUsd {
  return parseUsd(price)! / 1_000_000n;
}

/**
 * At most four decimal places. Half of such a price, and 1.1 times it, are whole numbers of pico-USD per
 * token.
 */
const PRICE = /^\d+(\.\d{1,4})?$/;

/** Returns whether a price is a valid decimal string. */
export function isPrice(price: string): boolean {
  return PRICE.test(price);
}

function lineFor(prices: PriceList, model: string, tokens: Tokens, date: Date): PriceLine {
  const lines = Object.hasOwn(prices, model) ? prices[model]! : [];
  const day = date.toISOString().slice(0, 10);
  const begun = lines.filter(({ from = '' }) => from <= day);
  const latest = begun.reduce((last, { from = '' }) => (from > last ? from : last), '');
  const prompt = tokens.input + tokens.cacheWrite5m + tokens.cacheWrite1h + tokens.cacheRead;
  const line = begun
    .filter(({ from = '', upTo = Number.POSITIVE_INFINITY }) => from === latest && prompt <= upTo)
    .sort((a, b) => (a.upTo ?? Number.POSITIVE_INFINITY) - (b.upTo ?? Number.POSITIVE_INFINITY))[0];
  if (!line) throw new UnknownModelError(model, Object.keys(prices));
  return line;
}
