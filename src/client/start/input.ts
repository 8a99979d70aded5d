import { stat } from 'node:fs/promises';
import type { InputFormat } from '../../job-spec/spec';
import { readRegularFile } from '../../store/file/file-reader';
import { NotRegularFileError } from '../../store/file/regular-file';
import type { Store } from '../../store/store';
import { InputSourceError, quoted } from '../errors';
import type { InputSource } from '../types';
import { documentLines } from './lines';

/**
 * Returns the format of the input's copy in the store: the given one, or that of the file's name. Documents
 * become JSONL.
 */
export function inputFormat(input: InputSource): InputFormat {
  if (input.file === undefined) return 'jsonl';
  return input.format ?? formatOf(input.file);
}

/** Returns the format that a file's name implies. */
export const formatOf = (name: string): InputFormat => (/\.csv$/i.test(name) ? 'csv' : 'jsonl');

/** Checks that an input can be read. @throws {InputSourceError} if it cannot. */
export async function checkInput(input: InputSource): Promise<void> {
  if (input?.file === undefined) {
    if (isIterable(input?.documents)) return;
    throw new InputSourceError(
      '`input` must be {file: "docs.jsonl"} or {documents: [...]}. Nothing was started.',
    );
  }
  await (await openInput(input.file)).return();
}

/** Opens an input file. @throws {InputSourceError} if it cannot be read. */
async function openInput(file: string) {
  try {
    return await readRegularFile(file);
  } catch (error) {
    throw new InputSourceError(
      `The input file ${quoted(file)} cannot be read: ${reasonOf(error)}. Nothing was started.`,
      { cause: error },
    );
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof NotRegularFileError)
    return (
      `${error.message}. Give a JSONL or CSV file. ` +
      'To read the output of a command, write it to a file first'
    );
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'there is no such file' : message;
}

/** Returns a store-like reader over one local file, which it returns for every key. */
export function fileSource(file: string): Pick<Store, 'head' | 'open'> {
  return {
    async head(key) {
      const { size, mtime: modified } = await stat(file);
      return { key, size, modified };
    },
    open: (_, range) => readRegularFile(file, range),
  };
}

/** Copies the input into the store: a file byte by byte, documents as one JSON object per line. */
export async function copyInput(store: Store, key: string, input: InputSource): Promise<void> {
  const source = input.file === undefined ? documentLines(input.documents) : await openInput(input.file);
  await store.put(key, source, { ifAbsent: true });
}

const isIterable = (value: unknown): boolean =>
  value !== null && typeof value === 'object' && (Symbol.iterator in value || Symbol.asyncIterator in value);
