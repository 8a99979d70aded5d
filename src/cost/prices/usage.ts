import { isCount } from './count';
import type { Tokens } from './prices';

/** The fields of an answer that determine its bill. */
export interface Usage {
  /** The model as the answer names it. */
  model: string;
  tokens: Tokens;
  /** At half the price. */
  batch: boolean;
  /** Made in the US only, as requested. */
  us: boolean;
  webSearches: number;
}

/** The billing fields of a message's `usage`. Any field may have any value. */
interface RawUsage {
  input_tokens?: unknown;
  output_tokens?: unknown;
  cache_creation_input_tokens?: unknown;
  cache_creation?: { ephemeral_5m_input_tokens?: unknown; ephemeral_1h_input_tokens?: unknown } | null;
  cache_read_input_tokens?: unknown;
  service_tier?: unknown;
  inference_geo?: unknown;
  server_tool_use?: { web_search_requests?: unknown } | null;
  iterations?: unknown;
}

/**
 * Reads the billing fields of a Messages API answer.
 *
 * @returns `undefined` if they are missing or incomplete: betas that also bill other samplings than the
 *   answer's own (compaction, an advisor, a fallback model) list those in `iterations`
 */
export function readUsage(message: unknown): Usage | undefined {
  const { model, usage } = (message ?? {}) as { model?: unknown; usage?: RawUsage | null };
  if (typeof model !== 'string' || !usage) return undefined;
  if (hasOtherSamplings(usage.iterations)) return undefined;
  const { cache_creation: split } = usage;
  const tokens = {
    input: usage.input_tokens,
    output: usage.output_tokens,
    cacheWrite5m: (split ? split.ephemeral_5m_input_tokens : usage.cache_creation_input_tokens) ?? 0,
    cacheWrite1h: split?.ephemeral_1h_input_tokens ?? 0,
    cacheRead: usage.cache_read_input_tokens ?? 0,
  };
  const webSearches = usage.server_tool_use?.web_search_requests ?? 0;
  if (!isCount(webSearches) || !areCounts(tokens)) return undefined;
  const us = usage.inference_geo === 'us';
  return { model, tokens, batch: usage.service_tier === 'batch', us, webSearches };
}

const hasOtherSamplings = (iterations: unknown): boolean =>
  Array.isArray(iterations) && iterations.some((one: { type?: unknown } | null) => one?.type !== 'message');

const areCounts = (tokens: Record<keyof Tokens, unknown>): tokens is Tokens =>
  Object.values(tokens).every(isCount);
