import { InputError } from '../job-spec/validation-errors';
import { parse } from './documents';
import { storedAs } from './format';
import { unidentified } from './id';
import { bytesOf, type InputFile } from './input-file';
import { readParquet } from './parquet';
import { rowLine } from './rows';

/**
 * Yields the bytes of a job's copy of one file: its own, decompressed, or rows if it is not text.
 *
 * @throws {UnreadableFileError}
 */
export function importFile(file: InputFile): AsyncGenerator<Uint8Array> {
  return file.type.format === 'parquet' ? parquetRows(file) : bytesOf(file, file.type.compression);
}

/**
 * Yields the documents of several files as rows, in the order of the files.
 *
 * @throws {UnreadableFileError}
 * @throws {InputError} that names the file, if one is invalid
 */
export async function* importFiles(files: Iterable<InputFile>): AsyncGenerator<Uint8Array> {
  for (const file of files) {
    try {
      yield* file.type.format === 'parquet' ? parquetRows(file, file.name) : textRows(file);
    } catch (error) {
      throw error instanceof InputError ? error.inFile(file.name) : error;
    }
  }
}

async function* textRows(file: InputFile): AsyncGenerator<Uint8Array> {
  const { name, type } = file;
  for await (const batch of parse(
    bytesOf(file, type.compression),
    storedAs(type),
    { offset: 0, line: 0 },
    unidentified,
  )) {
    let rows = '';
    for (const { document } of batch) {
      rows += rowLine({ file: name, line: document.line, fields: document.fields });
    }
    if (rows !== '') yield Buffer.from(rows);
  }
}

async function* parquetRows(file: InputFile, name?: string): AsyncGenerator<Uint8Array> {
  let line = 0;
  for await (const batch of readParquet(file)) {
    for (const fields of batch) yield Buffer.from(rowLine({ file: name, line: ++line, fields }));
  }
}
