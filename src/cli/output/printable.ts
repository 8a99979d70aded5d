/** Control characters (C0, DEL and C1), marks that turn the direction of text around, line separators, and half characters. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\p{Cs}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escaped = (char: string) => SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * A text as a terminal may show it: what would move the cursor, color, hide or reorder other text is escaped as in JSON. Names,
 * tags and messages come from documents, other people and the API.
 */
export const printable = (text: string): string => text.replace(UNPRINTABLE, escaped);

/** The same of several lines. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');
