import { CsvError, Parser } from 'csv-parse';
import { MOST_LINE_BYTES } from '../job-spec/limits';
import { InputError } from '../job-spec/validation-errors';
import type { Entries, Entry, InputCursor } from './entry';
import type { Identify } from './id';
import { NotUtf8Error, utf8 } from './utf8';

const PROBLEMS: Record<string, string> = {
  CSV_INVALID_CLOSING_QUOTE:
    'a quoted field continues after its closing quote. Double every quote inside a quoted field',
  INVALID_OPENING_QUOTE: 'a field that does not start with a quote contains one. Quote the whole field',
  CSV_QUOTE_NOT_CLOSED: 'a quoted field has no closing quote',
  // Limits how much of the input an unclosed quote can swallow.
  CSV_MAX_RECORD_SIZE: `the row exceeds the limit of ${MOST_LINE_BYTES} bytes. Is a closing quote missing?`,
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

interface Csv {
  /** The header, if the input is not read from its beginning. */
  columns?: string[];
  /** The separator. Default: a comma, which a header of one column with another separator contradicts. */
  delimiter?: string;
}

/**
 * Reads documents from a CSV input with a header row. Every field is a string. Quoted fields may contain
 * commas, quotes and newlines. Rows end with `\n`, `\r\n` or `\r`. Blank lines count as lines but are not
 * documents.
 *
 * @param source the input from `cursor.offset` on, where a row starts
 * @throws {InputError} for text that is not UTF-8, broken quotes, empty or duplicate header names, a header
 *   with another delimiter, and rows with more or fewer fields than the header
 */
export async function* readCsv(
  source: AsyncIterable<Uint8Array>,
  cursor: InputCursor,
  identify: Identify,
  { columns, delimiter }: Csv = {},
): Entries {
  function* documents(rows: Row[]): Generator<Entry> {
    for (const row of rows) {
      if (!columns) {
        columns = header(row, delimiter);
        continue;
      }
      yield {
        document: identify(fieldsOf(row, columns), row.line),
        next: { offset: row.end, line: row.lastLine },
      };
    }
  }
  for await (const batch of rows(source, cursor, delimiter)) yield documents(batch);
}

/** Reads the names of a CSV input's columns. */
export async function readColumns(
  source: AsyncIterable<Uint8Array>,
  delimiter?: string,
): Promise<string[] | undefined> {
  for await (const [first] of rows(source, { offset: 0, line: 0 }, delimiter)) {
    return first && header(first, delimiter);
  }
  return undefined;
}

async function* rows(
  source: AsyncIterable<Uint8Array>,
  { offset, line: linesBefore }: InputCursor,
  delimiter = ',',
): AsyncGenerator<Row[]> {
  let line = linesBefore;
  let blank = 0;
  let batch: Row[] = [];
  const parser = new Parser({
    bom: offset === 0,
    delimiter,
    // All three, because rows of one input may end differently.
    record_delimiter: ['\r\n', '\n', '\r'],
    // The number of fields is checked below, where the line in the whole input is known.
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MOST_LINE_BYTES,
    on_record: (cells: string[], { bytes, empty_lines: blankNow }) => {
      // Lines are counted here, because the parser counts a `\r\n` inside quotes twice.
      const first = line + (blankNow - blank) + 1;
      line = first + cells.reduce((sum, cell) => sum + lineBreaks(cell), 0);
      blank = blankNow;
      batch.push({ cells, line: first, lastLine: line, end: offset + bytes });
      return null;
    },
  });
  // The callbacks below report errors. Without a listener, the event would end the process.
  parser.on('error', () => {});
  // `on_record` takes the rows, but the stream ends only if it is read.
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
    // The parser looks ahead and releases the last complete row only when more bytes follow.
    if (error instanceof NotUtf8Error) await feed(Buffer.from('....')).catch(() => {});
  }
  // Rows before the failure come first, because they may contain an earlier error.
  yield* parsed();
  if (failure !== undefined) throw inputError(failure, line + 1);
}

function inputError(error: unknown, line: number): unknown {
  if (error instanceof NotUtf8Error) {
    return new InputError({ line }, 'the row that starts here is not UTF-8 text.');
  }
  if (!(error instanceof CsvError)) return error;
  // Not the parser's own message, which quotes the field.
  return new InputError(
    { line },
    `the row that starts here is not valid CSV: ${PROBLEMS[error.code] ?? error.code}.`,
  );
}

/** Separators of files that are named CSV, beside the comma. */
const OTHER_DELIMITERS = [';', '\t', '|'];

function header({ cells, line }: Row, delimiter: string | undefined): string[] {
  const other = OTHER_DELIMITERS.find((one) => cells.length === 1 && cells[0]!.includes(one));
  if (delimiter === undefined && other) {
    const shown = other === '\t' ? '\\t' : other;
    throw new InputError(
      { line },
      `the header has one column, whose name contains ${JSON.stringify(other)}. If the columns are separated ` +
        `by it, give it as \`delimiter\` (--delimiter '${shown}'). If there is one column, give "," (--delimiter ,).`,
    );
  }
  for (const [index, name] of cells.entries()) {
    if (name.trim() === '') {
      throw new InputError({ line }, `column ${index + 1} of the header has no name.`);
    }
    const first = cells.indexOf(name);
    if (first !== index) {
      throw new InputError(
        { line, field: name },
        `the header names columns ${first + 1} and ${index + 1} both ${JSON.stringify(name)}.`,
      );
    }
  }
  return cells;
}

function fieldsOf({ cells, line }: Row, columns: string[]): Record<string, unknown> {
  if (cells.length !== columns.length) {
    throw new InputError(
      { line },
      `the row must have ${columns.length} fields, like the header (got ${cells.length}).`,
    );
  }
  // Not by assignment, because a column may be named `__proto__`.
  return Object.fromEntries(columns.map((name, index) => [name, cells[index]!]));
}

/** Counts line breaks: `\r\n`, `\n` and `\r` each count as one. */
function lineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++;
  for (let at = text.indexOf('\r'); at !== -1; at = text.indexOf('\r', at + 1)) {
    if (text[at + 1] !== '\n') count++;
  }
  return count;
}
