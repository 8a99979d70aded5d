import { printable } from './printable';

/** Formats names with their values, one per line, in two columns. */
export function rows(pairs: [string, string][]): string {
  const width = Math.max(...pairs.map(([name]) => name.length)) + 2;
  return `${pairs.map(([name, value]) => `${name.padEnd(width)}${printable(value)}`).join('\n')}\n`;
}
