import { CsvError, Parser } from 'csv-parse';
import type { Document } from '../job-spec/builder';
import { InputError } from '../job-spec/errors';
import { MOST_LINE_BYTES } from '../job-spec/limits';
import type { Entries, Entry, InputCursor } from './entry';
import { NotUtf8Error, utf8 } from './utf8';

const PROBLEMS: Record<string, string> = {
  CSV_INVALID_CLOSING_QUOTE:
    'a quoted field goes on after its closing quote; write a quote within quotes twice',
  INVALID_OPENING_QUOTE: 'a quote stands within a field that does not begin with one; quote the whole field',
  CSV_QUOTE_NOT_CLOSED: 'a quoted field has no closing quote',
  // A quote that is never closed would swallow the rest of the input.
  CSV_MAX_RECORD_SIZE: `the row is longer than ${MOST_LINE_BYTES} bytes, which are the most that a row may have; is a closing quote missing?`,
};

interface Row {
  cells: string[];
  /** The row's first line. */
  line: number;
  /** The row's last line. */
  lastLine: number;
  /** First byte after the row. */
  end: number;
}

/**
 * Documents of a CSV input with a header row; every field is a text. Fields may be quoted and then hold commas, quotes
 * and newlines; rows end with `\n`, `\r\n` or `\r`. Blank lines count as lines and give no document.
 *
 * @param source the input from `cursor.offset` on, where a row begins
 * @param columns the header of an input that is not read from its beginning
 * @throws {InputError} for text that is not UTF-8, broken quotes, header names that are empty or stand twice, and rows with
 *   more or fewer fields than the header.
 */
export async function* readCsv(
  source: AsyncIterable<Uint8Array>,
  cursor: InputCursor,
  identify: (fields: Record<string, unknown>, line: number) => Document,
  columns?: string[],
): Entries {
  function* documents(rows: Row[]): Generator<Entry> {
    for (const row of rows) {
      if (!columns) {
        columns = header(row);
        continue;
      }
      yield {
        document: identify(fieldsOf(row, columns), row.line),
        next: { offset: row.end, line: row.lastLine },
      };
    }
  }
  for await (const batch of rows(source, cursor)) yield documents(batch);
}

/** The names of a CSV input's columns. */
export async function readColumns(source: AsyncIterable<Uint8Array>): Promise<string[] | undefined> {
  for await (const [first] of rows(source, { offset: 0, line: 0 })) return first && header(first);
  return undefined;
}

async function* rows(
  source: AsyncIterable<Uint8Array>,
  { offset, line: linesBefore }: InputCursor,
): AsyncGenerator<Row[]> {
  let line = linesBefore;
  let blank = 0;
  let batch: Row[] = [];
  const parser = new Parser({
    bom: offset === 0,
    // All three, always: what the first row ends with says nothing of the others.
    record_delimiter: ['\r\n', '\n', '\r'],
    // Rows are counted here, because the error must name the line in the whole input.
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MOST_LINE_BYTES,
    on_record: (cells: string[], { bytes, empty_lines: blankNow }) => {
      // The parser counts a `\r\n` within quotes twice, so lines are counted here as well.
      const first = line + (blankNow - blank) + 1;
      line = first + cells.reduce((sum, cell) => sum + lineBreaks(cell), 0);
      blank = blankNow;
      batch.push({ cells, line: first, lastLine: line, end: offset + bytes });
      return null;
    },
  });
  // Errors come with the callbacks below; the event would end the process.
  parser.on('error', () => {});
  // Rows leave by `on_record`, so nothing has to be read; but the stream ends only when someone reads.
  parser.resume();

  const feed = (piece?: Buffer) =>
    new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null) => (error ? reject(error) : resolve());
      if (piece) parser.write(piece, done);
      else parser.end(done);
    });

  function* parsed() {
    const ready = batch;
    batch = [];
    if (ready.length > 0) yield ready;
  }

  let failure: unknown;
  try {
    for await (const piece of utf8(source)) {
      await feed(piece);
      yield* parsed();
    }
    await feed();
  } catch (error) {
    failure = error;
    // The parser looks ahead: it lets go of the last whole row only when more follows.
    if (error instanceof NotUtf8Error) await feed(Buffer.from('....')).catch(() => {});
  }
  // Rows before the failure come first: they may hold an error that stands before it.
  yield* parsed();
  if (failure !== undefined) throw inputError(failure, line + 1);
}

function inputError(error: unknown, line: number): unknown {
  if (error instanceof NotUtf8Error) {
    return new InputError({ line }, 'the row that begins here is not UTF-8 text.');
  }
  if (!(error instanceof CsvError)) return error;
  // The parser's own message quotes the field.
  return new InputError(
    { line },
    `the row that begins here is not CSV: ${PROBLEMS[error.code] ?? error.code}.`,
  );
}

function header({ cells, line }: Row): string[] {
  for (const [index, name] of cells.entries()) {
    if (name.trim() === '') {
      throw new InputError({ line }, `the header's column ${index + 1} has no name.`);
    }
    const first = cells.indexOf(name);
    if (first !== index) {
      throw new InputError(
        { line, field: name },
        `the header has ${JSON.stringify(name)} twice: columns ${first + 1} and ${index + 1}.`,
      );
    }
  }
  return cells;
}

function fieldsOf({ cells, line }: Row, columns: string[]): Record<string, unknown> {
  if (cells.length !== columns.length) {
    throw new InputError(
      { line },
      `the row has ${cells.length} ${cells.length === 1 ? 'field' : 'fields'}, the header has ${columns.length}.`,
    );
  }
  // Not by assignment: a column may be called `__proto__`.
  return Object.fromEntries(columns.map((name, index) => [name, cells[index]!]));
}

/** Counts `\r\n`, `\n` and `\r`, each as one. */
function lineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++;
  for (let at = text.indexOf('\r'); at !== -1; at = text.indexOf('\r', at + 1)) {
    if (text[at + 1] !== '\n') count++;
  }
  return count;
}
