import { effectivePrices, PRICES_AS_OF, PRICES_SOURCE } from '../cost/prices/price-list';
import { type PriceList, UnknownModelError } from '../cost/prices/prices';
import { parsePrices } from '../job-spec/price-file';
import { UsageError } from './exit';
import { readJsonFile } from './json-file';

/** The known prices, and before them those of a file. */
export async function pricesWith(file: string | undefined): Promise<PriceList> {
  if (file === undefined) return effectivePrices();
  const value = await readJsonFile('price list', file);
  try {
    return effectivePrices(parsePrices(value));
  } catch (error) {
    throw new UsageError(`The price list ${file} is not as it should be: ${(error as Error).message}`);
  }
}

/** Names the flag that mends an unknown price. */
export const withPriceHint = (error: unknown): unknown =>
  error instanceof UnknownModelError ? new UsageError(`${error.message} --prices FILE takes it.`) : error;

/** Where the prices come from that were gone by. */
export const pricesText = `Prices of ${PRICES_AS_OF}, from ${PRICES_SOURCE}; --prices FILE takes yours.`;
