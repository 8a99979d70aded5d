import { InputError } from '../job-spec/validation-errors';
import { parse } from './documents';
import { type FileType, storedAs } from './format';
import type { Identify } from './id';
import { rowLine } from './rows';

/** One of an input's files. */
export interface InputFile {
  /** The name, for messages and for the ids of documents that have none. */
  name: string;
  type: FileType;
  /** Returns the decompressed bytes. */
  bytes(): AsyncGenerator<Uint8Array>;
}

/**
 * Yields the documents of several files as rows, in the order of the files.
 *
 * @throws {InputError} that names the file, if one is invalid
 */
export async function* fileRows(files: Iterable<InputFile>): AsyncGenerator<Uint8Array> {
  for (const file of files) {
    try {
      yield* rowsOf(file);
    } catch (error) {
      throw error instanceof InputError ? error.inFile(file.name) : error;
    }
  }
}

async function* rowsOf({ name: file, type, bytes }: InputFile): AsyncGenerator<Uint8Array> {
  for await (const batch of parse(bytes(), storedAs(type), { offset: 0, line: 0 }, unidentified)) {
    let rows = '';
    for (const { document } of batch) {
      rows += rowLine({ file, line: document.line, fields: document.fields });
    }
    if (rows !== '') yield Buffer.from(rows);
  }
}

/** Ids are given when rows are read, because a job's options name the field. */
const unidentified: Identify = (fields, line) => ({ id: '', line, fields });
