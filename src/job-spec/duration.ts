import ms from 'ms';
import { show } from './show';
import { SpecError } from './validation-errors';

/** A number with a unit. Without this check, `ms` would accept `10` as milliseconds, and `-1s`. */
const FORM = /^\d+(\.\d+)? ?[a-z]+$/i;

/** Returns a duration in whole milliseconds, or `undefined` if the value is not a duration. */
export function parseDuration(value: unknown): number | undefined {
  const time =
    typeof value === 'string' && FORM.test(value.trim()) ? ms(value.trim() as ms.StringValue) : value;
  return typeof time === 'number' && Number.isFinite(time) && time >= 0 ? Math.round(time) : undefined;
}

/**
 * Returns a duration in milliseconds. The value is a number of milliseconds, or a text such as `1s`, `10m`,
 * `2h`.
 *
 * @param option the option's name, for the error
 * @throws {SpecError}
 */
export function duration(value: unknown, option: string): number {
  const time = parseDuration(value);
  if (time !== undefined) return time;
  throw new SpecError([
    {
      option,
      message:
        `\`${option}\` must be a duration such as "1s", "10m" or "2h", or a number of milliseconds ` +
        `(got ${show(value)}).`,
    },
  ]);
}
