import { z } from 'zod';
import { parseDuration } from './duration';

const ISO = z.union([
  z.iso.date(),
  z.iso.datetime({ offset: true }),
  // To the minute.
  z.iso.datetime({ offset: true, precision: -1 }),
]);

/**
 * Parses a time: an ISO 8601 date or time, in UTC if it has no zone, or an age before `now`, such as `7d`.
 *
 * @returns `undefined` if the value is not a time.
 */
export function parseMoment(value: unknown, now: number): Date | undefined {
  if (value instanceof Date) return valid(value);
  if (typeof value !== 'string') return undefined;
  const age = parseDuration(value);
  if (age !== undefined) return valid(new Date(now - age));
  // `Date` alone would read a time without a zone as local time, and 30 February as 2 March.
  const iso = [value, `${value}Z`].find((text) => ISO.safeParse(text).success);
  return iso === undefined ? undefined : new Date(iso);
}

const valid = (date: Date): Date | undefined => (Number.isNaN(date.getTime()) ? undefined : date);
