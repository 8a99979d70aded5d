import { stat } from 'node:fs/promises';
import { readColumns } from '../../input/csv';
import { decompress } from '../../input/decompress';
import { type FileType, FormatError, fileTypeOf, storedAs } from '../../input/format';
import type { StoredInput } from '../../job-spec/spec';
import { InputError } from '../../job-spec/validation-errors';
import { readRegularFile } from '../../store/file/file-reader';
import { NotRegularFileError } from '../../store/file/regular-file';
import type { Store } from '../../store/store';
import { InputSourceError, quoted } from '../errors';
import type { FileInput, InputSource } from '../types';
import { documentLines } from './lines';

/**
 * Returns how the input's copy in the store is stored. Documents become JSONL.
 *
 * @throws {InputSourceError} if the format is unknown
 */
export function storedInput(input: InputSource): StoredInput {
  return input.file === undefined ? { format: 'jsonl' } : storedAs(fileType(input));
}

function fileType({ file, format, delimiter }: FileInput): FileType {
  try {
    return fileTypeOf(file, { format, delimiter });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new InputSourceError(`${error.message} Nothing was started.`, { cause: error });
  }
}

/**
 * Checks that an input can be read, and the header of a CSV file.
 *
 * @throws {InputSourceError} if it cannot.
 */
export async function checkInput(input: InputSource): Promise<void> {
  if (input?.file === undefined) {
    if (isIterable(input?.documents)) return;
    throw new InputSourceError(
      '`input` must be {file: "docs.jsonl"} or {documents: [...]}. Nothing was started.',
    );
  }
  await (await openLocal(input.file)).return();
  const { format, delimiter } = storedInput(input);
  const source = openInput(input);
  try {
    if (format === 'csv') await readColumns(source, delimiter);
    else await source.next();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputSourceError(
      `The input file ${quoted(input.file)} is not valid. ${error.message} Nothing was started.`,
      { cause: error },
    );
  } finally {
    await source.return(undefined);
  }
}

/** Reads the decompressed bytes of an input file. @throws {InputSourceError} if it cannot be read. */
async function* openInput(input: FileInput): AsyncGenerator<Uint8Array> {
  const { file } = input;
  const { compression } = fileType(input);
  try {
    const source = await openLocal(file);
    yield* compression ? decompress(source, compression) : source;
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** Opens a file. @throws {InputSourceError} if it is not a regular one that can be read. */
const openLocal = (file: string) =>
  readRegularFile(file).catch((error) => {
    throw unreadable(file, error);
  });

function unreadable(file: string, error: unknown): InputSourceError {
  if (error instanceof InputSourceError) return error;
  return new InputSourceError(
    `The input file ${quoted(file)} cannot be read: ${reasonOf(error)}. Nothing was started.`,
    { cause: error },
  );
}

function reasonOf(error: unknown): string {
  if (error instanceof NotRegularFileError)
    return (
      `${error.message}. Give a JSONL, JSON or CSV file. ` +
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

/**
 * Copies the input into the store: the decompressed bytes of a file, documents as one JSON object per line.
 */
export async function copyInput(store: Store, key: string, input: InputSource): Promise<void> {
  await store.put(key, inputBytes(input), { ifAbsent: true });
}

/**
 * Yields the bytes of an input's copy.
 *
 * @throws {InputSourceError} if the input cannot be read, or a document cannot be written as JSON
 */
export function inputBytes(input: InputSource): AsyncGenerator<Uint8Array> {
  return input.file === undefined ? documentLines(input.documents) : openInput(input);
}

/** Returns the file that can be read in place of the input's copy, because it would have the same bytes. */
export function fileInPlace(input: InputSource): string | undefined {
  if (input.file === undefined || fileType(input).compression) return undefined;
  return input.file;
}

const isIterable = (value: unknown): boolean =>
  value !== null && typeof value === 'object' && (Symbol.iterator in value || Symbol.asyncIterator in value);
