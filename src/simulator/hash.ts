import { createHash } from 'node:crypto';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

export const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest();

/** An id as the API writes them: 24 characters of base 58. */
export function idOf(prefix: string, bytes: Uint8Array): string {
  let number = 0n;
  for (const byte of bytes.subarray(0, 18)) number = number * 256n + BigInt(byte);
  let text = '01';
  for (let i = 0; i < 22; i++, number /= 58n) text += ALPHABET[Number(number % 58n)];
  return prefix + text;
}

/** A number in [0, 1) that depends on all bits of both arguments, the same in every process. */
export function fraction(seed: number, value: number): number {
  let h = Math.imul((seed ^ 0x9e3779b9) >>> 0, 0x85ebca6b) ^ Math.imul(value + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/** A seed from any text. */
export const seedOf = (text: string): number => sha256(text).readUInt32LE(0);

/**
 * The digest of a request's params that the books use: SHA-256 of `JSON.stringify(params)`, so that white space on the way
 * makes no difference.
 */
export const paramsDigest = (params: unknown): string => sha256(JSON.stringify(params)).toString('hex');
