/** One line of CSV, by RFC 4180 but for its end: what holds a comma, a quote or a line's end stands in quotes. */
export const csvLine = (cells: readonly (string | number)[]): string =>
  `${cells.map((cell) => quotedCell(String(cell))).join(',')}\n`;

const quotedCell = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
