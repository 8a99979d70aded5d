import { randomInt } from 'node:crypto';

// Without letters and digits that are easily confused.
const ALPHABET = 'abcdefghjkmnpqrstvwxyz23456789';

/**
 * Returns a new name that sorts by its time of creation, such as `20261122-173112-k3f9x2` (UTC). Lower case
 * only, because the store escapes capitals in folder names.
 */
export function newInstance(now = new Date()): string {
  const time = now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const random = Array.from({ length: 6 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return `${time}-${random}`;
}

/** Returns a new job id, for a job that is started without one. */
export const newJobId = (): string => `job-${newInstance()}`;
