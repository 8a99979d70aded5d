/**
 * Returns one line of CSV as in RFC 4180, but with `\n` at its end. A cell that a spreadsheet would read as a
 * formula gets a leading apostrophe, because names, tags and answers are untrusted. A number is no formula.
 */
export const csvLine = (cells: readonly (string | number)[]): string =>
  `${cells.map((cell) => quotedCell(typeof cell === 'number' ? String(cell) : asText(cell))).join(',')}\n`;

/**
 * The characters that start a formula, also in their full-width form, or that a spreadsheet skips before one.
 */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

const asText = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

/**
 * Quotes a cell if needed. Semicolons and tabs count too, because some locales and programs use them as
 * separators.
 */
const quotedCell = (text: string): string =>
  /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
