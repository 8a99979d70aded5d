import type { CacheTtl, PricedRequest } from '../cost/estimate/bounds';

/** Returns the facts of a request's params that determine its price. */
export function pricedRequest(params: Record<string, unknown>): PricedRequest {
  const { model, max_tokens: maxTokens } = params as { model: string; max_tokens: number };
  return { model, maxTokens, cache: cacheIn(params), us: params.inference_geo === 'us' };
}

/**
 * Returns the longest cache time in the params, on any level: the params themselves, or blocks and tools in
 * them.
 */
function cacheIn(value: unknown): CacheTtl | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const own = (value as { cache_control?: { type?: unknown; ttl?: unknown } | null }).cache_control;
  let longest: CacheTtl | undefined;
  // A tool's schema may have a field with that name, but not with the type `ephemeral`.
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

/**
 * Returns the lot of a request in the draw of a sample, from its digest. Equal requests share a lot, and are
 * counted once.
 */
export const lotOf = (digest: Buffer): number => digest.readUIntBE(0, 6);
