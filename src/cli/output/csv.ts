/**
 * One line of CSV, by RFC 4180 except for its end. A cell in which a spreadsheet would see a formula gets an apostrophe before it, so
 * that it is text: names and tags may come from anyone.
 */
export const csvLine = (cells: readonly (string | number)[]): string =>
  `${cells.map((cell) => quotedCell(asText(String(cell)))).join(',')}\n`;

/** What begins a formula, also in its wide form, and what a spreadsheet skips before one. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

const asText = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

/** A semicolon or a tab parts cells where a country or a program writes CSV so. */
const quotedCell = (text: string): string =>
  /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
