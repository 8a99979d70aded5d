import type { PriceLine, PriceList, TokenPrices } from './prices';

/** The day and the source of the prices below. */
export const PRICES_AS_OF = '2026-11-22';
export const PRICES_SOURCE = 'https://platform.claude.com/docs/en/about-claude/pricing';

/** Builds a line from the columns of Anthropic's own list, in their order. */
function line(
  [input, output, cacheWrite5m, cacheWrite1h, cacheRead]: [string, string, string, string, string],
  when: Pick<PriceLine, 'from' | 'upTo'> = {},
): PriceLine {
  const prices: TokenPrices = { input, output, cacheWrite5m, cacheWrite1h, cacheRead };
  return { ...prices, ...when };
}

const OPUS_5 = [line(['5', '25', '6.25', '10', '0.50'])];
const SONNET_4 = [line(['3', '15', '3.75', '6', '0.30'])];
const HAIKU_4 = [line(['1', '5', '1.25', '2', '0.10'])];

/** Anthropic's standard prices in USD per million tokens. A batch costs half. */
export const PRICES: PriceList = {
  'claude-opus-5-5': [line(['4', '20', '5', '8', '0.20'])],
  'claude-sonnet-5-5': [
    line(['2', '10', '2.50', '4', '0.20']),
    line(['2', '10', '2.50', '4', '0.10'], { from: '2026-10-07' }),
  ],
  'claude-haiku-5-5': [
    line(['0.10', '0.50', '0.125', '0.20', '0.01'], { upTo: 100_000 }),
    line(['0.50', '2.50', '0.625', '1', '0.05']),
  ],
  'claude-fable-5-1': [line(['10', '50', '12.50', '20', '0.25'])],
  'claude-opus-5': OPUS_5,
  'claude-opus-4-8': OPUS_5,
  'claude-opus-4-7': OPUS_5,
  'claude-opus-4-6': OPUS_5,
  // Requests with the short name get answers with the long one.
  'claude-opus-4-5': OPUS_5,
  'claude-opus-4-5-20251101': OPUS_5,
  'claude-sonnet-5': [line(['2', '10', '2.50', '4', '0.20'])],
  'claude-sonnet-4-6': SONNET_4,
  'claude-sonnet-4-5': SONNET_4,
  'claude-sonnet-4-5-20250929': SONNET_4,
  'claude-haiku-4-5': HAIKU_4,
  'claude-haiku-4-5-20251001': HAIKU_4,
};

/**
 * Returns the prices in effect for a user's own ones. A model in the user's list has only the user's lines.
 */
export const effectivePrices = (own: PriceList = {}): PriceList => ({ ...PRICES, ...own });

/**
 * An answer with inference in the US only (`inference_geo: "us"`) costs 1.1 times the price of its tokens, in
 * every column: https://platform.claude.com/docs/en/about-claude/pricing#data-residency-pricing
 */
export const IN_US_ALONE = { times: 11n, of: 10n };

/**
 * USD for a web search, in addition to the tokens. The same in a batch:
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool#batch-requests
 */
export const WEB_SEARCH = '0.01';
