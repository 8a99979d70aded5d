import { lines } from '../lines/split';
import type { Entries, Entry, InputCursor } from './entry';
import type { Identify } from './id';

/** A document in a stored input of several files, or of one that is not text: a line of JSON. */
interface Row {
  /** Absent if there is one file. */
  file?: string;
  line: number;
  fields: Record<string, unknown>;
}

/** Returns the line of a document, with its newline. */
export const rowLine = (row: Row): string => `${JSON.stringify(row)}\n`;

/**
 * Reads documents from rows, which `rowLine` wrote.
 *
 * @param source the input from `cursor.offset` on
 * @throws {InputError} for an invalid id
 */
export async function* readRows(
  source: AsyncIterable<Uint8Array>,
  cursor: InputCursor,
  identify: Identify,
): Entries {
  let row = cursor.line;
  for await (const batch of lines(source, { start: cursor.offset })) {
    yield (function* (): Generator<Entry> {
      for (const { bytes, end } of batch) {
        const { file, line, fields } = JSON.parse(bytes.toString('utf8')) as Row;
        yield { document: identify(fields, line, file), next: { offset: end, line: ++row } };
      }
    })();
  }
}
