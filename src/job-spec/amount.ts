import { parseUsd, usdString } from '../cost/prices/usd';

/**
 * Converts an amount above 0 to an exact decimal string. Returns `undefined` for anything but a number or
 * decimal string.
 */
export function usdAmount(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const usd = parseUsd(String(value));
  return usd === undefined || usd === 0n ? undefined : usdString(usd);
}
