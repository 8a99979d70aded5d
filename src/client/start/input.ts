import { stat } from 'node:fs/promises';
import type { InputFormat } from '../../job-spec/spec';
import { readRegularFile } from '../../store/file/file-reader';
import { NotRegularFileError } from '../../store/file/regular-file';
import type { Store } from '../../store/store';
import { InputSourceError, quoted } from '../errors';
import type { InputSource } from '../types';
import { documentLines } from './lines';

/** The format of an input's copy in the store: as told, or by the file's name; documents from code become JSONL. */
export function inputFormat(input: InputSource): InputFormat {
  if (input.file === undefined) return 'jsonl';
  return input.format ?? formatOf(input.file);
}

/** The format that a file's name tells. */
export const formatOf = (name: string): InputFormat => (/\.csv$/i.test(name) ? 'csv' : 'jsonl');

/** @throws {InputSourceError} when the input is a file that cannot be read. */
export async function checkInput(input: InputSource): Promise<void> {
  if (input?.file === undefined) {
    if (isIterable(input?.documents)) return;
    throw new InputSourceError(
      'The input is neither a file nor documents: give {file: "docs.jsonl"} or {documents: [...]}.',
    );
  }
  try {
    await (await readRegularFile(input.file)).return();
  } catch (error) {
    throw new InputSourceError(
      `The input file ${quoted(input.file)} cannot be read: ${reasonOf(error)}. Nothing was started.`,
      { cause: error },
    );
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof NotRegularFileError)
    return `${error.message}. Give a JSONL or CSV file; write what a command prints into one first`;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'there is no such file' : message;
}

/** A file that is read where it is, as inputs in a store are; it is what every key names. */
export function fileSource(file: string): Pick<Store, 'head' | 'open'> {
  return {
    async head(key) {
      const { size, mtime: modified } = await stat(file);
      return { key, size, modified };
    },
    open: (_, range) => readRegularFile(file, range),
  };
}

/** Copies the input into the store as it is: a file byte by byte, documents as one JSON object a line. */
export async function copyInput(store: Store, key: string, input: InputSource): Promise<void> {
  const source =
    input.file === undefined ? documentLines(input.documents) : await readRegularFile(input.file);
  await store.put(key, source, { ifAbsent: true });
}

const isIterable = (value: unknown): boolean =>
  value !== null && typeof value === 'object' && (Symbol.iterator in value || Symbol.asyncIterator in value);
