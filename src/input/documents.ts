// input/: reads documents from JSONL, JSON arrays and CSV, and cuts them into chunks. Start here.

import type { InputUnit, PlanSource, StoredInput } from '../job-spec/spec';
import { InputError } from '../job-spec/validation-errors';
import type { Store } from '../store/store';
import { readColumns, readCsv } from './csv';
import { DuplicateIdError } from './distinct-ids';
import type { Entries, InputCursor } from './entry';
import { type Identify, identify } from './id';
import { readJsonArray } from './json-array';
import { readJsonl } from './jsonl';
import { readRows } from './rows';

/** The options for reading documents. */
export interface ReadOptions extends StoredInput {
  /** The field that holds a document's id. A document without it gets its line number as its id. */
  idField: string;
  /** The position to continue from. Default: the beginning. */
  cursor?: InputCursor;
}

/**
 * Streams the documents of a stored input, or of another source with the same interface.
 *
 * @throws {InputError} if the input is invalid.
 * @throws {KeyNotFoundError} before the first document, if the input does not exist.
 */
export async function* readDocuments(
  store: Pick<Store, 'head' | 'open'>,
  key: string,
  { format, delimiter, idField, cursor = { offset: 0, line: 0 } }: ReadOptions,
): Entries {
  // Some stores reject a range that starts at the end.
  const size = (await store.head(key))?.size;
  if (size !== undefined && cursor.offset >= size) return;
  // The header is read again instead of kept in the cursor. Temporal sees cursors, and a missing header makes
  // the first document the header.
  const isLater = format === 'csv' && cursor.offset > 0;
  const columns = isLater ? await readColumns(await store.open(key), delimiter) : undefined;
  const source = await store.open(key, { start: cursor.offset });
  yield* parse(source, { format, delimiter, columns }, cursor, identify(idField));
}

/** Reads documents from the bytes of an input. @throws {InputError} if the input is invalid. */
export function parse(
  source: AsyncIterable<Uint8Array>,
  { format, delimiter, columns }: StoredInput & { columns?: string[] },
  cursor: InputCursor,
  identify: Identify,
): Entries {
  switch (format) {
    case 'csv':
      return readCsv(source, cursor, identify, { columns, delimiter });
    case 'json':
      return readJsonArray(source, cursor, identify);
    case 'jsonl':
      return readJsonl(source, cursor, identify);
    case 'rows':
      return readRows(source, cursor, identify);
  }
}

/** Returns what the line numbers of a stored input count. */
export function unitOf({ format, unit }: StoredInput): InputUnit {
  if (unit) return unit;
  return format === 'json' ? 'element' : format === 'rows' ? 'row' : 'line';
}

/** Returns an error of a job's documents with the unit in which they are counted. */
export function inUnitOf<E>(source: PlanSource, error: E): E | InputError | DuplicateIdError {
  const unit = source.kind === 'input' ? unitOf(source) : 'line';
  if (!(error instanceof InputError || error instanceof DuplicateIdError)) return error;
  return error.countedIn(unit);
}
