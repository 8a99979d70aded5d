import Table from 'cli-table3';

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

/** A table without lines, which tools can read as well as people. */
export function table(head: string[], rows: string[][]): string {
  const made = new Table({
    head,
    chars: { ...BARE, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  made.push(...rows);
  return `${made.toString().replace(/ +$/gm, '')}\n`;
}
