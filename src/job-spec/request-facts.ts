import type { CacheTtl, PricedRequest } from '../cost/estimate/bounds';

/** What of a request's params its price depends on. */
export function pricedRequest(params: Record<string, unknown>): PricedRequest {
  const { model, max_tokens: maxTokens } = params as { model: string; max_tokens: number };
  return { model, maxTokens, cache: cacheIn(params), us: params.inference_geo === 'us' };
}

/** The longest time for which anything in the params is to be cached: the params themselves, or blocks and tools in them. */
function cacheIn(value: unknown): CacheTtl | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const own = (value as { cache_control?: { type?: unknown; ttl?: unknown } | null }).cache_control;
  let longest: CacheTtl | undefined;
  // A tool may have a field of that name in its schema; it does not say `ephemeral`.
  if (own?.type === 'ephemeral') {
    if (own.ttl === '1h') return '1h';
    longest = '5m';
  }
  for (const inner of Object.values(value)) {
    const found = cacheIn(inner);
    if (found === '1h') return '1h';
    longest = found ?? longest;
  }
  return longest;
}

/** The lot that a request draws when a sample is taken, by the digest of its bytes: equal ones have the same, so that no text is counted twice. */
export const lotOf = (digest: Buffer): number => digest.readUIntBE(0, 6);
