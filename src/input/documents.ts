// input/: reads documents from JSONL and CSV, and cuts them into chunks. Start here.

import type { InputFormat } from '../job-spec/spec';
import type { Store } from '../store/store';
import { readColumns, readCsv } from './csv';
import type { Entries, InputCursor } from './entry';
import { identify } from './id';
import { readJsonl } from './jsonl';

/** The options for reading documents. */
export interface ReadOptions {
  format: InputFormat;
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
  { format, idField, cursor = { offset: 0, line: 0 } }: ReadOptions,
): Entries {
  // Some stores reject a range that starts at the end.
  const size = (await store.head(key))?.size;
  if (size !== undefined && cursor.offset >= size) return;
  // The header is read again instead of kept in the cursor. Temporal sees cursors, and a missing header makes
  // the first document the header.
  const isLater = format === 'csv' && cursor.offset > 0;
  const columns = isLater ? await readColumns(await store.open(key)) : undefined;
  const source = await store.open(key, { start: cursor.offset });
  yield* format === 'csv'
    ? readCsv(source, cursor, identify(idField), columns)
    : readJsonl(source, cursor, identify(idField));
}
