// input/: reads documents from JSONL and CSV, and cuts them into chunks. Start here.

import type { InputFormat } from '../job-spec/spec';
import type { Store } from '../store/store';
import { readColumns, readCsv } from './csv';
import type { Entries, InputCursor } from './entry';
import { identify } from './id';
import { readJsonl } from './jsonl';

export interface ReadOptions {
  format: InputFormat;
  /** The field that holds a document's id; where a document has none, its line number is its id. */
  idField: string;
  /** Where to go on; default the beginning. */
  cursor?: InputCursor;
}

/**
 * Streams the documents of a stored input, or of another one that can be opened in the same way.
 *
 * @throws {InputError} for an input that cannot be taken.
 * @throws {KeyNotFoundError} before the first document.
 */
export async function* readDocuments(
  store: Pick<Store, 'head' | 'open'>,
  key: string,
  { format, idField, cursor = { offset: 0, line: 0 } }: ReadOptions,
): Entries {
  // A range that begins at the end is an error in some stores.
  const size = (await store.head(key))?.size;
  if (size !== undefined && cursor.offset >= size) return;
  // The header is read again and is no part of the cursor, which Temporal sees: in an input without one it is a document.
  const isLater = format === 'csv' && cursor.offset > 0;
  const columns = isLater ? await readColumns(await store.open(key)) : undefined;
  const source = await store.open(key, { start: cursor.offset });
  yield* format === 'csv'
    ? readCsv(source, cursor, identify(idField), columns)
    : readJsonl(source, cursor, identify(idField));
}
