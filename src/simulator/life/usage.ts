import { fraction, seedOf } from '../hash';
import { type AnyParams, textOf } from './text';

/** Tokens of one or more requests, in the columns that the API bills. */
export interface Tokens {
  /** Without cached ones. */
  input_tokens: number;
  output_tokens: number;
  cache_creation_5m_input_tokens: number;
  cache_creation_1h_input_tokens: number;
  cache_read_input_tokens: number;
}

export const noTokens = (): Tokens => ({
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_5m_input_tokens: 0,
  cache_creation_1h_input_tokens: 0,
  cache_read_input_tokens: 0,
});

export function addTokens(sum: Tokens, more: Tokens): void {
  for (const column of Object.keys(sum) as (keyof Tokens)[]) sum[column] += more[column];
}

export const tokensOfText = (text: string): number => Math.ceil(text.length / 4);

const messages = (params: AnyParams) => (Array.isArray(params.messages) ? params.messages : []);

/**
 * Returns the tokens of a prompt as `count_tokens` reports them: a quarter of its characters (tools as JSON),
 * at least 1.
 */
export function promptTokens(params: Record<string, unknown>): number {
  const tools = params.tools === undefined ? '' : JSON.stringify(params.tools);
  const texts = [params.system, ...messages(params).map((message) => message?.content)].map(textOf);
  return Math.max(
    1,
    texts.reduce((sum, text) => sum + tokensOfText(text), tokensOfText(tools)),
  );
}

/**
 * Returns the input tokens of a request. A system prompt up to its last `cache_control` block is read from
 * the cache in half of the requests (by a hash of the messages). In the others it is written to the cache,
 * for 5 minutes or an hour.
 */
export function inputUsage(params: AnyParams): Tokens {
  const usage = noTokens();
  const total = promptTokens(params);
  const blocks: { cache_control?: { ttl?: string } | null }[] = Array.isArray(params.system)
    ? params.system
    : [];
  const last = blocks.findLastIndex((block) => block?.cache_control);
  const cached = last < 0 ? 0 : Math.min(total - 1, tokensOfText(textOf(blocks.slice(0, last + 1))));
  usage.input_tokens = total - cached;
  if (cached === 0) return usage;
  const hit = fraction(1, seedOf(JSON.stringify(messages(params)))) < 0.5;
  if (hit) usage.cache_read_input_tokens = cached;
  else if (blocks[last]?.cache_control?.ttl === '1h') usage.cache_creation_1h_input_tokens = cached;
  else usage.cache_creation_5m_input_tokens = cached;
  return usage;
}
