import { createHash } from 'node:crypto';

const LONGEST = 180;

/**
 * One path segment from any string: readable where it can be, never `.` or `..`, never a separator, never longer than a
 * file system takes. Different strings give different segments, also where the file system ignores case.
 */
export function encodeSegment(text: string): string {
  const escaped = [...Buffer.from(text, 'utf8')]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9._-]/.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('')
    .replace(/^\./, '%2e');
  if (escaped.length > 0 && escaped.length <= LONGEST) return escaped;
  // A `~` never comes out of the escaping above, so a shortened segment equals no other.
  return `${escaped.slice(0, LONGEST - 70)}~${createHash('sha256').update(text, 'utf8').digest('hex')}`;
}
