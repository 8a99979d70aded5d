import { z } from 'zod';
import { parseDuration } from './duration';

const ISO = z.union([
  z.iso.date(),
  z.iso.datetime({ offset: true }),
  // To the minute.
  z.iso.datetime({ offset: true, precision: -1 }),
]);

/**
 * A time as a person says it: a date or a time of ISO 8601, in UTC where it names no zone, or how long before `now` it was, such as `7d`.
 *
 * @returns `undefined` for what is no time.
 */
export function parseMoment(value: unknown, now: number): Date | undefined {
  if (value instanceof Date) return valid(value);
  if (typeof value !== 'string') return undefined;
  const age = parseDuration(value);
  if (age !== undefined) return valid(new Date(now - age));
  // `Date` alone would read a time without a zone as local, and the 30th of February as the 2nd of March.
  const iso = [value, `${value}Z`].find((text) => ISO.safeParse(text).success);
  return iso === undefined ? undefined : new Date(iso);
}

const valid = (date: Date): Date | undefined => (Number.isNaN(date.getTime()) ? undefined : date);
