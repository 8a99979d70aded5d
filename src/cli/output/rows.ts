import { printable } from './printable';

/** Names with their values, a line each, in two columns. */
export function rows(pairs: [string, string][]): string {
  const width = Math.max(...pairs.map(([name]) => name.length)) + 2;
  return `${pairs.map(([name, value]) => `${name.padEnd(width)}${printable(value)}`).join('\n')}\n`;
}
