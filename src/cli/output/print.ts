// output/: everything that the command line prints: escaped texts, tables, CSV, job reports. Start here.

import { printable, printableLines } from './printable';

const CLEAR = '\r\x1b[2K';
let drawn = false;

/** Prints a message of one or several lines to stderr. */
export function say(message: string): void {
  process.stderr.write(`${drawn ? CLEAR : ''}${printableLines(message)}\n`);
  drawn = false;
}

/** Draws a line on the terminal that the next one overwrites. */
export function draw(line: string): void {
  process.stderr.write(`${CLEAR}${printable(line)}`);
  drawn = true;
}

/** Ends the drawing and keeps the last line. */
export function endDrawing(): void {
  if (drawn) process.stderr.write('\n');
  drawn = false;
}

/** Writes data to stdout, and waits if the reader is slow. */
export async function print(data: string | Uint8Array): Promise<void> {
  if (process.stdout.write(data)) return;
  await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
}

/**
 * Prints a value as JSON. Also escapes the control characters that JSON does not escape, without changing the
 * value.
 */
export const printJson = (value: unknown): Promise<void> => print(`${printable(JSON.stringify(value))}\n`);

/** Ends the process quietly if the reader closes the pipe, as in `… | head`. */
export function endQuietlyOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}

const numbers = new Intl.NumberFormat('en-US');

/** Formats a number with separators: `25,000`. */
export const grouped = (n: number): string => numbers.format(n);

/** Formats a size: `812 B`, `1.4 MB`. */
export function fileSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const unit = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${unit === 0 ? bytes : (bytes / 1000 ** unit).toFixed(1)} ${units[unit]}`;
}

/** Formats a count with its noun: `1 chunk`, `3 chunks`, `2 batches`. */
export function counted(n: number, noun: string): string {
  const plural = /(ch|s)$/.test(noun) ? `${noun}es` : `${noun}s`;
  return `${grouped(n)} ${n === 1 ? noun : plural}`;
}
