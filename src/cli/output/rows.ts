import { printable } from './printable';

/** A name and its value. A row without a value is left out. */
export type Row = readonly [name: string, value: string | undefined];

/** Formats names with their values, one per line, in two columns. */
export function rows(all: readonly Row[]): string {
  const shown = all.filter((row): row is readonly [string, string] => row[1] !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length)) + 2;
  return `${shown.map(([name, value]) => `${name.padEnd(width)}${printable(value)}`).join('\n')}\n`;
}
