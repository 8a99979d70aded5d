import { z } from 'zod';
import { isPrice, type PriceList } from '../cost/prices/prices';
import { record } from './record';

const price = z
  .union([z.string(), z.number().transform(String)])
  .refine(isPrice, 'a price in USD per million tokens, such as "0.30", with at most 4 decimal places');

const line = z.strictObject({
  input: price,
  output: price,
  cacheWrite5m: price,
  cacheWrite1h: price,
  cacheRead: price,
  from: z.iso.date().optional(),
  upTo: z.int().positive().optional(),
});

/** One line may stand without its brackets. */
const lines = z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(line).min(1));

/** Prices that a user gives for models of his own, or in place of the known ones. */
export const ownPrices = record(z.string().min(1), lines);

/**
 * Reads such prices.
 *
 * @throws {TypeError} that names the field.
 */
export function parsePrices(value: unknown): PriceList {
  const parsed = ownPrices.safeParse(value);
  if (!parsed.success) throw new TypeError(z.prettifyError(parsed.error));
  return parsed.data;
}
