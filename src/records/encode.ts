import { createHash } from 'node:crypto';

const LONGEST = 180;

/**
 * Encodes any string as one path segment. The segment is readable where possible, has only ASCII letters,
 * digits and `._-%~`, and is never empty. It has at most 230 characters, contains no separator, and never
 * begins with a dot, because stores reserve such names. Different strings give different segments, also on a
 * file system that ignores case.
 */
export function encodeSegment(text: string): string {
  const escaped = [...Buffer.from(text, 'utf8')]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9._-]/.test(char) ? char : escapeByte(byte);
    })
    .join('')
    // A leading dot hides a file. Windows drops a trailing one.
    .replace(/^\.|\.$/g, escapeByte(0x2e));
  // The escaping above never yields a `~`, so a `~` distinguishes marked segments from plain ones.
  if (escaped.length > 0 && escaped.length <= LONGEST && text.isWellFormed()) {
    const capitals = capitalsMark(escaped);
    return capitals === undefined ? escaped : `${escaped}~${capitals}`;
  }
  // UTF-8 turns every lone surrogate into U+FFFD. The hash is therefore over the UTF-16 code units, which
  // lose nothing. Its 64 digits are more than a capitals' mark ever has.
  const hash = createHash('sha256').update(Buffer.from(text, 'utf16le')).digest('hex');
  return `${escaped.slice(0, LONGEST - 70)}~${hash}`;
}

/** Returns the text of a segment, or `undefined` if the segment is shortened to a hash. */
export function decodeSegment(segment: string): string | undefined {
  try {
    const text = decodeURIComponent(segment.replace(/~.*$/, ''));
    return encodeSegment(text) === segment ? text : undefined;
  } catch {
    return undefined;
  }
}

const escapeByte = (byte: number) => `%${byte.toString(16).padStart(2, '0')}`;

/**
 * Returns a bit for each character that is a capital, in hex (at most 45 digits), or `undefined` if none is.
 */
function capitalsMark(escaped: string): string | undefined {
  if (!/[A-Z]/.test(escaped)) return undefined;
  const bits = [...escaped].map((char) => (/[A-Z]/.test(char) ? '1' : '0')).join('');
  return BigInt(`0b${bits}`).toString(16);
}
