// output/: everything that the command line prints: escaped texts, tables, CSV, a job's end.

import { printable, printableLines } from './printable';

const CLEAR = '\r\x1b[2K';
let drawn = false;

/** Says something to the person at the terminal, in one or several lines. */
export function say(message: string): void {
  process.stderr.write(`${drawn ? CLEAR : ''}${printableLines(message)}\n`);
  drawn = false;
}

/** A line on the terminal that the next one writes over. */
export function draw(line: string): void {
  process.stderr.write(`${CLEAR}${printable(line)}`);
  drawn = true;
}

/** Leaves the drawn line as it is. */
export function endDrawing(): void {
  if (drawn) process.stderr.write('\n');
  drawn = false;
}

/** Writes data on stdout, as fast as its reader takes it; a reader that has gone away ends the command quietly. */
export async function print(data: string | Uint8Array): Promise<void> {
  if (process.stdout.write(data)) return;
  await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
}

/** JSON escapes most control characters itself; the others are escaped here, which changes no value. */
export const printJson = (value: unknown): Promise<void> => print(`${printable(JSON.stringify(value))}\n`);

/** `… | head` closes the pipe: that is no error of ours. */
export function endQuietlyOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}

const numbers = new Intl.NumberFormat('en-US');

/** `25,000` */
export const grouped = (n: number): string => numbers.format(n);

/** `812 B`, `1.4 MB` */
export function fileSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const unit = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${unit === 0 ? bytes : (bytes / 1000 ** unit).toFixed(1)} ${units[unit]}`;
}

/** `1 chunk`, `3 chunks`, `2 batches` */
export function counted(n: number, noun: string): string {
  const plural = /(ch|s)$/.test(noun) ? `${noun}es` : `${noun}s`;
  return `${grouped(n)} ${n === 1 ? noun : plural}`;
}
