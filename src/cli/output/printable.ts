/**
 * Control characters (C0, DEL and C1), marks for the direction of text, line separators, and lone surrogates.
 */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\p{Cs}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escaped = (char: string) => SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Escapes a text for a terminal, as in JSON: everything that could move the cursor, or color, hide or reorder
 * other text. The texts are untrusted: names, tags and messages come from documents, other people and the
 * API.
 */
export const printable = (text: string): string => text.replace(UNPRINTABLE, escaped);

/** Escapes a text of several lines, and keeps the line breaks. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');
