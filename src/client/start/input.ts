import { stat } from 'node:fs/promises';
import { readColumns } from '../../input/csv';
import { decompress } from '../../input/decompress';
import { fileRows, type InputFile } from '../../input/file-rows';
import { type FileType, FormatError, fileTypeOf, storedAs } from '../../input/format';
import type { InputType, StoredInput } from '../../job-spec/spec';
import { InputError } from '../../job-spec/validation-errors';
import { readRegularFile } from '../../store/file/file-reader';
import { NotRegularFileError } from '../../store/file/regular-file';
import { KeyNotFoundError, type Store } from '../../store/store';
import { InputSourceError, quoted } from '../errors';
import type { InputSource } from '../types';
import { type FoundFile, findFiles } from './find-files';
import { documentLines } from './lines';

/** An input whose files were found. */
export interface OpenedInput {
  /** How the input's copy in the store is stored. */
  stored: StoredInput;
  /**
   * Yields the bytes of the copy.
   *
   * @throws {InputSourceError} if the input cannot be read, or a document cannot be written as JSON
   */
  bytes(): AsyncGenerator<Uint8Array>;
  /** The path, if the input is one local file. */
  path?: string;
  /** Whether the copy has other bytes than that file. */
  isConverted?: boolean;
}

/**
 * Finds the files of an input, and checks what can be checked without reading it: that the first file can be
 * opened, its header if it is CSV, and the names of all.
 *
 * @throws {InputSourceError}
 */
export async function openInput(input: InputSource): Promise<OpenedInput> {
  if (input?.documents !== undefined && isIterable(input.documents)) {
    const { documents } = input;
    return { stored: { format: 'jsonl' }, bytes: () => documentLines(documents) };
  }
  if (input?.stream !== undefined && Symbol.asyncIterator in Object(input.stream)) {
    const { stream, format = 'jsonl', delimiter } = input;
    const type = fileType('stream', { format, delimiter });
    return { stored: storedAs(type), bytes: () => reading('the stream', async () => stream) };
  }
  if (typeof input?.file !== 'string' && !isNames(input?.file)) {
    throw new InputSourceError(
      '`input` must be {file: "docs.jsonl"}, {stream: ...} or {documents: [...]}. Nothing was started.',
    );
  }
  const { files, isOne } = await findFiles(input.file);
  // First, because the name of a file that does not exist need not have a known format.
  for await (const _ of bytesOf(files[0]!)) break;
  const typed = files.map((file) => inputFile(file, fileType(file.name, input)));
  await checkHeader(typed[0]!);
  if (!isOne) return { stored: { format: 'rows' }, bytes: () => rowsOf(typed) };
  const { type, bytes } = typed[0]!;
  return { stored: storedAs(type), bytes, path: files[0]!.path, isConverted: type.compression !== undefined };
}

/** Copies an input into the store: one file decompressed, and anything else as lines of JSON. */
export async function copyInput(store: Store, key: string, input: OpenedInput): Promise<void> {
  await store.put(key, input.bytes(), { ifAbsent: true });
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

function inputFile(file: FoundFile, type: FileType): InputFile {
  return { name: file.name, type, bytes: () => bytesOf(file, type) };
}

function bytesOf({ name, open }: FoundFile, { compression }: Partial<FileType> = {}) {
  return reading(`the input file ${quoted(name)}`, async () => {
    const source = await open();
    return compression ? decompress(source, compression) : source;
  });
}

function fileType(name: string, { format, delimiter }: Partial<InputType>): FileType {
  try {
    return fileTypeOf(name, { format, delimiter });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new InputSourceError(`${error.message} Nothing was started.`, { cause: error });
  }
}

async function checkHeader({ name, type, bytes }: InputFile): Promise<void> {
  const { format, delimiter } = storedAs(type);
  if (format !== 'csv') return;
  try {
    await readColumns(bytes(), delimiter);
  } catch (error) {
    throw invalid(error, name);
  }
}

async function* rowsOf(files: InputFile[]): AsyncGenerator<Uint8Array> {
  try {
    yield* fileRows(files);
  } catch (error) {
    throw invalid(error);
  }
}

function invalid(error: unknown, name?: string): unknown {
  if (!(error instanceof InputError)) return error;
  const { message } = name === undefined ? error : error.inFile(name);
  return new InputSourceError(`The input is invalid. ${message} Nothing was started.`, { cause: error });
}

/** Yields the bytes of a source. Its errors say what could not be read. */
async function* reading(
  what: string,
  open: () => Promise<AsyncIterable<Uint8Array>>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* await open();
  } catch (error) {
    if (error instanceof InputSourceError) throw error;
    throw new InputSourceError(
      `${what[0]!.toUpperCase()}${what.slice(1)} cannot be read: ${reasonOf(error)}. Nothing was started.`,
      { cause: error },
    );
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof NotRegularFileError)
    return (
      `${error.message}. Give a JSONL, JSON or CSV file. ` +
      'To read the output of a command, write it to a file first, or give it as a stream (start -)'
    );
  if (error instanceof KeyNotFoundError) return 'there is no such object. A prefix must end in "/"';
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'there is no such file' : message.replace(/\.$/, '');
}

const isIterable = (value: unknown): boolean =>
  value !== null && typeof value === 'object' && (Symbol.iterator in value || Symbol.asyncIterator in value);

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');
