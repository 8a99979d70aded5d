// prices/: the price list, and what an answer is billed by. Start here.

import { type PicoUsd, parseUsd } from './usd';

/** The columns of a price list: each kind of token has its price. `input` are the tokens that no cache served or took. */
export const TOKEN_KINDS = ['input', 'output', 'cacheWrite5m', 'cacheWrite1h', 'cacheRead'] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** Tokens of one request, or of many. */
export type Tokens = Record<TokenKind, number>;

/** Standard prices in USD per million tokens, as decimal strings. */
export type TokenPrices = Record<TokenKind, string>;

/** One line of a model's price list. */
export interface PriceLine extends TokenPrices {
  /** The first day that it holds, `YYYY-MM-DD` in UTC; absent: always. */
  from?: string;
  /** Requests whose prompt has at most so many tokens, cached ones included; absent: any. It is the whole request's price. */
  upTo?: number;
}

/** Price lists by model. A model's name is the whole name: prices are never guessed from the beginning of one. */
export type PriceList = Readonly<Record<string, readonly PriceLine[]>>;

export const NO_TOKENS: Tokens = { input: 0, output: 0, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0 };

/** A batch costs half of the standard price, in every column. */
const BATCH_DIVISOR = 2n;

export interface Price {
  standard: PicoUsd;
  batch: PicoUsd;
}

/** There is no price for a model: a cost is never guessed, and never zero. */
export class UnknownModelError extends Error {
  override readonly name = 'UnknownModelError';
  constructor(
    readonly model: string,
    known: readonly string[],
  ) {
    super(
      `There is no price for the model ${JSON.stringify(model)}. Known are ${known.join(', ')}. Give its price in USD per ` +
        `million tokens, as {${JSON.stringify(model)}: {"input": "3", "output": "15", "cacheWrite5m": "3.75", "cacheWrite1h": "6", "cacheRead": "0.30"}}.`,
    );
  }
}

/**
 * What one request costs, whose tokens are known. Tiers are decided a request at a time: totals cannot be priced afterwards.
 *
 * @throws {UnknownModelError}
 */
export function priceOf(prices: PriceList, model: string, tokens: Tokens, date: Date): Price {
  const line = lineFor(prices, model, tokens, date);
  let standard = 0n;
  for (const kind of TOKEN_KINDS) standard += BigInt(tokens[kind]) * perToken(line[kind]);
  return { standard, batch: standard / BATCH_DIVISOR };
}

/** @throws {UnknownModelError} where the model has no price on that day. */
export function assertPriced(prices: PriceList, model: string, date: Date): void {
  lineFor(prices, model, NO_TOKENS, date);
}

/** Pico-USD a token, of a price in USD per million tokens. */
function perToken(price: string): PicoUsd {
  return parseUsd(price)! / 1_000_000n;
}

/** Half a price, a tenth more of it, and both are whole numbers of pico-USD a token where it has no more decimal places. */
const PRICE = /^\d+(\.\d{1,4})?$/;

/** Whether a price is a decimal string that can be reckoned with. */
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
