import { randomInt } from 'node:crypto';

// No letters or digits that are easily taken for one another.
const ALPHABET = 'abcdefghjkmnpqrstvwxyz23456789';

/**
 * A new name that sorts by the time it was drawn at, such as `20261122-173112-k3f9x2` (UTC). Lower case only: the store
 * marks capitals in its folder names.
 */
export function newInstance(now = new Date()): string {
  const time = now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const random = Array.from({ length: 6 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return `${time}-${random}`;
}

/** The id of a job that was given none. */
export const newJobId = (): string => `job-${newInstance()}`;
