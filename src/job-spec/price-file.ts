import { z } from 'zod';
import { isPrice, type PriceList } from '../cost/prices/prices';
import { record } from './record';

const price = z
  .union([z.string(), z.number().transform(String)])
  .refine(
    isPrice,
    'must be a price in USD per million tokens, such as "0.30", with at most 4 decimal places',
  );

const line = z.strictObject({
  input: price,
  output: price,
  cacheWrite5m: price,
  cacheWrite1h: price,
  cacheRead: price,
  from: z.iso.date().optional(),
  upTo: z.int().positive().optional(),
});

/** Accepts a single price line without an array. */
const lines = z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(line).min(1));

/** A user's own prices, for other models or instead of the known prices. */
export const ownPrices = record(z.string().min(1), lines);

/**
 * Parses a user's own prices.
 *
 * @throws {TypeError} that names the field.
 */
export function parsePrices(value: unknown): PriceList {
  const parsed = ownPrices.safeParse(value);
  if (!parsed.success) throw new TypeError(z.prettifyError(parsed.error));
  return parsed.data;
}
