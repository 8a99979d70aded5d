/** One line of a stream, without its line ending. */
export interface Line {
  /** A view of the stream's own bytes. Copy it to keep it longer than its batch. */
  bytes: Buffer;
  /** Offset of the line's first byte in the source. */
  start: number;
  /** Offset of the next line: the first byte after the line ending. */
  end: number;
}

export interface SplitOptions {
  /** Offset of the stream's first byte in its source. Default 0. */
  start?: number;
  /** Most bytes of a line. Default 500,000,000: just below the limit of a JavaScript string. */
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
 * Splits a stream of bytes into lines, only at `\n`: U+2028 and a lone `\r` are text. Drops a `\r` before the
 * `\n`. A last line without a newline counts; an end right after a newline does not make a line. A byte order
 * mark stays.
 *
 * Yields lines in batches, one for each piece of the stream, because an `await` per line costs more than
 * splitting it. Time is linear in the bytes, also for lines of many pieces.
 *
 * @throws {LineTooLongError} if a line has more than `longest` bytes
 */
export async function* lines(
  source: AsyncIterable<Uint8Array>,
  { start = 0, longest = LONGEST }: SplitOptions = {},
): AsyncGenerator<Line[]> {
  const begun = new BegunLine();
  let lineStart = start;

  for await (const piece of source) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const batch: Line[] = [];
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
      const line = begun.end(bytes.subarray(from, at));
      if (line.length > longest) throw new LineTooLongError(lineStart, longest);
      const end = lineStart + line.length + 1;
      batch.push({ bytes: withoutReturn(line), start: lineStart, end });
      lineStart = end;
      from = at + 1;
    }
    if (from < bytes.length) begun.add(bytes.subarray(from));
    if (begun.size > longest) throw new LineTooLongError(lineStart, longest);
    if (batch.length > 0) yield batch;
  }

  if (begun.size > 0) {
    const line = begun.end(Buffer.alloc(0));
    yield [{ bytes: withoutReturn(line), start: lineStart, end: lineStart + line.length }];
  }
}

/** A line whose end has not come yet, in pieces. They are joined once, so that the time stays linear. */
class BegunLine {
  size = 0;
  #pieces: Buffer[] = [];

  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.size += piece.length;
  }

  /** Returns the whole line, and begins the next one. */
  end(last: Buffer): Buffer {
    if (this.size === 0) return last;
    const line = Buffer.concat([...this.#pieces, last]);
    this.#pieces = [];
    this.size = 0;
    return line;
  }
}

/** A line and its number, from 0: the ordinal of a document in the files of a chunk. */
export interface NumberedLine extends Line {
  ordinal: number;
}

/**
 * Yields the lines of a stream one by one, with their numbers. Costs an `await` for each line: to read very
 * many lines and do little with each, use `lines`.
 */
export async function* eachLine(source: AsyncIterable<Uint8Array>): AsyncGenerator<NumberedLine> {
  let ordinal = 0;
  for await (const batch of lines(source)) {
    for (const line of batch) {
      yield { ...line, ordinal };
      ordinal += 1;
    }
  }
}

function withoutReturn(line: Buffer): Buffer {
  return line.length > 0 && line[line.length - 1] === RETURN ? line.subarray(0, -1) : line;
}
