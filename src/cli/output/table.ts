import Table from 'cli-table3';
import { printable } from './printable';

const BARE = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
  ]
    .concat(['mid', 'mid-mid', 'right', 'right-mid'])
    .map((part) => [part, '']),
);

/**
 * Formats a table without borders, for people and tools. Each row is one line, whatever its cells contain.
 */
export function table(head: string[], rows: string[][]): string {
  const made = new Table({
    head: head.map(printable),
    chars: { ...BARE, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  made.push(...rows.map((row) => row.map(printable)));
  return `${made.toString().replace(/ +$/gm, '')}\n`;
}
