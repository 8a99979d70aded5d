import ms from 'ms';
import { SpecError } from './errors';
import { show } from './show';

/** A number and its unit: `ms` alone would also read `10` as milliseconds and `-1s` as a time in the past. */
const FORM = /^\d+(\.\d+)? ?[a-z]+$/i;

/** Whole milliseconds of a duration, or `undefined` for what is none. */
export function parseDuration(value: unknown): number | undefined {
  const time =
    typeof value === 'string' && FORM.test(value.trim()) ? ms(value.trim() as ms.StringValue) : value;
  return typeof time === 'number' && Number.isFinite(time) && time >= 0 ? Math.round(time) : undefined;
}

/**
 * Milliseconds of a duration: a number of milliseconds, or a text such as `1s`, `10m`, `2h`.
 *
 * @param option its name in the error
 * @throws {SpecError}
 */
export function duration(value: unknown, option: string): number {
  const time = parseDuration(value);
  if (time !== undefined) return time;
  throw new SpecError([
    {
      option,
      message: `${option} is ${show(value)}; allowed is a duration such as "1s", "10m" or "2h", or a number of milliseconds.`,
    },
  ]);
}
