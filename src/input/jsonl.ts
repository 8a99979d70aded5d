import { MOST_LINE_BYTES } from '../job-spec/limits';
import { InputError } from '../job-spec/validation-errors';
import { type Line, LineTooLongError, lines } from '../lines/split';
import type { Entries, Entry, InputCursor } from './entry';
import type { Identify } from './id';
import { parseObject, withoutBom } from './json-object';

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
  identify: Identify,
): Entries {
  let { line } = cursor;
  function* documents(batch: Line[]): Generator<Entry> {
    for (const { bytes, start, end } of batch) {
      line++;
      const fields = parseObject(start === 0 ? withoutBom(bytes) : bytes, line);
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
