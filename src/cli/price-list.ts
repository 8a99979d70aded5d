import { effectivePrices, PRICES_AS_OF, PRICES_SOURCE } from '../cost/prices/price-list';
import { type PriceList, UnknownModelError } from '../cost/prices/prices';
import { parsePrices } from '../job-spec/price-file';
import { UsageError } from './exit';
import { readJsonFile } from './json-file';

/** Returns the known prices, overridden by those of a file. */
export async function pricesWith(file: string | undefined): Promise<PriceList> {
  if (file === undefined) return effectivePrices();
  const value = await readJsonFile('price list', file);
  try {
    return effectivePrices(parsePrices(value));
  } catch (error) {
    throw new UsageError(`The price list ${file} is invalid: ${(error as Error).message}`);
  }
}

/** Adds the flag that supplies a missing price to the error. */
export const withPriceHint = (error: unknown): unknown =>
  error instanceof UnknownModelError
    ? new UsageError(`${error.message} Give the price with --prices FILE.`)
    : error;

/** The source of the known prices. */
export const pricesText = `Prices as of ${PRICES_AS_OF}, from ${PRICES_SOURCE}. Override with --prices FILE.`;
