import { isUtf8 } from 'node:buffer';
import type { Document } from '../job-spec/builder';
import { MOST_LINE_BYTES } from '../job-spec/limits';
import { isTooDeep, TOO_DEEP } from '../job-spec/nesting';
import { kind } from '../job-spec/show';
import { InputError } from '../job-spec/validation-errors';
import { type Line, LineTooLongError, lines } from '../lines/split';
import type { Entries, Entry, InputCursor } from './entry';

const BOM = Buffer.from('\ufeff');

/**
 * Reads documents from a JSONL input, one JSON object per line. Blank lines count as lines but are not
 * documents.
 *
 * @param source the input from `cursor.offset` on
 * @throws {InputError} for a line that is not UTF-8, not JSON, not an object, too long, or nested too deeply.
 */
export async function* readJsonl(
  source: AsyncIterable<Uint8Array>,
  cursor: InputCursor,
  identify: (fields: Record<string, unknown>, line: number) => Document,
): Entries {
  let { line } = cursor;
  function* documents(batch: Line[]): Generator<Entry> {
    for (const { bytes, start, end } of batch) {
      line++;
      const fields = parseLine(start === 0 ? withoutBom(bytes) : bytes, line);
      if (fields) yield { document: identify(fields, line), next: { offset: end, line } };
    }
  }
  try {
    for await (const batch of lines(source, { start: cursor.offset, longest: MOST_LINE_BYTES }))
      yield documents(batch);
  } catch (error) {
    if (!(error instanceof LineTooLongError)) throw error;
    throw new InputError(
      { line: line + 1 },
      `it is longer than the limit of ${error.longest} bytes. A JSONL file has one document per line.`,
    );
  }
}

/** Parses a line. @returns `undefined` for a blank line. */
function parseLine(bytes: Buffer, line: number): Record<string, unknown> | undefined {
  if (!isUtf8(bytes)) throw new InputError({ line }, 'it is not UTF-8 text.');
  if (isTooDeep(bytes)) throw new InputError({ line }, `it ${TOO_DEEP}.`);
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (text.trim() === '') return undefined;
    throw new InputError({ line }, `it is not valid JSON: ${problemOf(error as SyntaxError)}.`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new InputError({ line }, `it must be a JSON object, one per document (got ${kind(value)}).`);
}

/** Returns the parser's message without the text that it quotes. */
function problemOf({ message }: SyntaxError): string {
  return message
    .replace(/, (\.\.\.)?"[\s\S]*$/, '')
    .replace(/ \(line \d+ column \d+\)$/, '')
    .replace(/(?: in JSON)? at position (\d+)$/, (_, at) => ` at character ${Number(at) + 1}`);
}

function withoutBom(bytes: Buffer): Buffer {
  return bytes.subarray(0, BOM.length).equals(BOM) ? bytes.subarray(BOM.length) : bytes;
}
