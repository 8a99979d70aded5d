/**
 * Money in whole pico-USD: 1 USD is 10^12 of them, and 1 USD per million tokens is 1,000,000 per token.
 * Unlike floating-point numbers, sums of any number of requests are exact.
 */
export type PicoUsd = bigint;

const DECIMALS = 12;
const AMOUNT = /^(\d+)(?:\.(\d{1,12}))?$/;

/**
 * Parses an amount, such as `"4.80"`, to pico-USD. Returns `undefined` for anything but a decimal number of
 * at most 12 places.
 */
export function parseUsd(text: string): PicoUsd | undefined {
  const match = AMOUNT.exec(text);
  if (!match) return undefined;
  return BigInt(match[1]! + (match[2] ?? '').padEnd(DECIMALS, '0'));
}

/** Formats the exact amount as a decimal string with at least two places, for JSON and payloads. */
export function usdString(amount: PicoUsd): string {
  const sign = amount < 0n ? '-' : '';
  const digits = (amount < 0n ? -amount : amount).toString().padStart(DECIMALS + 1, '0');
  const places = digits.slice(-DECIMALS).replace(/0{1,10}$/, '');
  return `${sign}${digits.slice(0, -DECIMALS)}.${places}`;
}

/** Formats an amount for people: in cents, or below a cent with enough places for its first two digits. */
export function showUsd(amount: PicoUsd): string {
  const size = amount < 0n ? -amount : amount;
  let places = 2;
  while (places < DECIMALS && size > 0n && size < 10n ** BigInt(DECIMALS - places)) places += 1;
  if (places > 2) places = Math.min(DECIMALS, places + 1);
  const unit = 10n ** BigInt(DECIMALS - places);
  const rounded = ((size + unit / 2n) / unit) * unit;
  const [whole, fraction = ''] = usdString(rounded).split('.');
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${amount < 0n ? '-' : ''}${grouped}.${fraction.padEnd(places, '0').slice(0, places)}`;
}
