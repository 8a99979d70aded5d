import { createHash } from 'node:crypto';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

export const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest();

/** Returns an id in the API's form: 24 characters of base 58. */
export function idOf(prefix: string, bytes: Uint8Array): string {
  let number = 0n;
  for (const byte of bytes.subarray(0, 18)) number = number * 256n + BigInt(byte);
  let text = '01';
  for (let i = 0; i < 22; i++, number /= 58n) text += ALPHABET[Number(number % 58n)];
  return prefix + text;
}

/** Returns a number in [0, 1) that depends on all bits of both arguments. The same in every process. */
export function fraction(seed: number, value: number): number {
  let h = Math.imul((seed ^ 0x9e3779b9) >>> 0, 0x85ebca6b) ^ Math.imul(value + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/** Returns a seed from any text. */
export const seedOf = (text: string): number => sha256(text).readUInt32LE(0);

/**
 * Returns the digest of a request's params in the books: SHA-256 of `JSON.stringify(params)`. Independent of
 * white space in the request.
 */
export const paramsDigest = (params: unknown): string => sha256(JSON.stringify(params)).toString('hex');
