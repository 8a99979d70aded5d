import { parseUsd, usdString } from '../cost/prices/usd';

/** A user's amount of money above 0, a number or a decimal string, as an exact decimal string; `undefined` for anything else. */
export function usdAmount(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const usd = parseUsd(String(value));
  return usd === undefined || usd === 0n ? undefined : usdString(usd);
}
