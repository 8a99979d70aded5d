/** One line of a stream, without its line ending. */
export interface Line {
  /** A view on the stream's own bytes: copy what is kept longer than the batch it came in. */
  bytes: Buffer;
  /** Offset of the line's first byte in the source. */
  start: number;
  /** Offset of the first byte after the line ending: where the next line starts. */
  end: number;
}

export interface SplitOptions {
  /** Offset of the stream's first byte in its source. Default 0. */
  start?: number;
  /** Bytes that a line may have. Default 500,000,000: just below what a JavaScript string can hold. */
  longest?: number;
}

export class LineTooLongError extends Error {
  override readonly name = 'LineTooLongError';
  constructor(
    /** Offset of the line's first byte. */
    readonly start: number,
    readonly longest: number,
  ) {
    super(`The line at byte ${start} is longer than ${longest} bytes.`);
  }
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const LONGEST = 500_000_000;

/**
 * Splits a stream of bytes into lines, at `\n` and nowhere else: U+2028 and a lone `\r` are text. A `\r` before the `\n` is
 * dropped. A last line without a newline counts; an end right after a newline makes no line. A byte order mark stays.
 *
 * Lines come in batches, one for each piece of the stream, because an `await` a line costs more than splitting it.
 * Time is linear in the bytes also for lines of many pieces.
 *
 * @throws {LineTooLongError} when a line has more than `longest` bytes.
 */
export async function* lines(
  source: AsyncIterable<Uint8Array>,
  { start = 0, longest = LONGEST }: SplitOptions = {},
): AsyncGenerator<Line[]> {
  /** Pieces of a line that has no end yet; joined once, when it has. */
  let pieces: Buffer[] = [];
  let held = 0;
  let lineStart = start;

  for await (const piece of source) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const batch: Line[] = [];
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
      let line = bytes.subarray(from, at);
      if (held > 0) {
        line = Buffer.concat([...pieces, line]);
        pieces = [];
        held = 0;
      }
      if (line.length > longest) throw new LineTooLongError(lineStart, longest);
      const end = lineStart + line.length + 1;
      batch.push({ bytes: withoutReturn(line), start: lineStart, end });
      lineStart = end;
      from = at + 1;
    }
    if (from < bytes.length) {
      pieces.push(bytes.subarray(from));
      held += bytes.length - from;
      if (held > longest) throw new LineTooLongError(lineStart, longest);
    }
    if (batch.length > 0) yield batch;
  }

  if (held > 0) {
    const line = Buffer.concat(pieces);
    yield [{ bytes: withoutReturn(line), start: lineStart, end: lineStart + line.length }];
  }
}

function withoutReturn(line: Buffer): Buffer {
  return line.length > 0 && line[line.length - 1] === RETURN ? line.subarray(0, -1) : line;
}
