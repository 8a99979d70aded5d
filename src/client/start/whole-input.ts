import { readColumns } from '../../input/csv';
import { assertDocumentName, importDocument } from '../../input/file-documents';
import { type FileType, FormatError, fileTypeOf, storedAs } from '../../input/format';
import { importFile, importFiles } from '../../input/import';
import { bytesOf, type InputFile } from '../../input/input-file';
import type { InputType, StoredInput } from '../../job-spec/spec';
import { InputError } from '../../job-spec/validation-errors';
import { NotRegularFileError } from '../../store/file/regular-file';
import { KeyNotFoundError } from '../../store/store';
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
export async function openWhole(input: InputSource): Promise<OpenedInput> {
  if (input?.documents !== undefined && isIterable(input.documents)) {
    const { documents } = input;
    return { stored: { format: 'jsonl' }, bytes: () => documentLines(documents) };
  }
  if (input?.stream !== undefined && Symbol.asyncIterator in Object(input.stream)) {
    const { stream, format = 'jsonl', delimiter } = input;
    const type = fileType('stream', { format, delimiter });
    if (format === 'parquet') {
      throw new InputSourceError('Parquet cannot be read from a stream. Give a file. Nothing was started.');
    }
    return { stored: storedAs(type), bytes: () => reading('The stream', stream) };
  }
  if (isNames(input?.files)) return openDocuments(input.files);
  if (!isNames(input?.file)) {
    throw new InputSourceError(
      '`input` must be {file: "docs.jsonl"}, {files: "docs/*.pdf"}, {stream: ...} or {documents: [...]}. ' +
        'Nothing was started.',
    );
  }
  const { files, isOne } = await findFiles(input.file);
  // First, because the name of a file that does not exist need not have a known format.
  await assertReadable(files[0]!);
  const typed = files.map((file) => ({ ...file, type: fileType(file.name, input) }));
  await checkHeader(typed[0]!);
  if (!isOne) return { stored: { format: 'rows' }, bytes: () => rowsOf(typed) };
  const { name, type, path } = typed[0]!;
  return {
    stored: storedAs(type),
    bytes: () => readingFile(name, importFile(typed[0]!)),
    path,
    isConverted: type.compression !== undefined || type.format === 'parquet',
  };
}

/** Finds files that are documents. */
async function openDocuments(names: string | readonly string[]): Promise<OpenedInput> {
  const { files } = await findFiles(names);
  await assertReadable(files[0]!);
  for (const { name } of files) knownFormat(() => assertDocumentName(name));
  async function* rows() {
    for (const [index, file] of files.entries()) {
      yield* readingFile(file.name, importDocument(file, index + 1));
    }
  }
  return { stored: { format: 'rows' }, bytes: rows };
}

/** Opens a file and closes it. @throws {InputSourceError} if it cannot be opened */
async function assertReadable(file: FoundFile): Promise<void> {
  for await (const _ of readingFile(file.name, bytesOf(file))) return;
}

function fileType(name: string, { format, delimiter }: Partial<InputType>): FileType {
  return knownFormat(() => fileTypeOf(name, { format, delimiter }));
}

function knownFormat<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new InputSourceError(`${error.message} Nothing was started.`, { cause: error });
  }
}

async function checkHeader(file: InputFile): Promise<void> {
  const { format, delimiter } = storedAs(file.type);
  if (format !== 'csv') return;
  try {
    const bytes = bytesOf(file, file.type.compression);
    await readColumns(readingFile(file.name, bytes), delimiter);
  } catch (error) {
    throw invalid(error, file.name);
  }
}

async function* rowsOf(files: InputFile[]): AsyncGenerator<Uint8Array> {
  for (const file of files) {
    try {
      yield* readingFile(file.name, importFiles([file]));
    } catch (error) {
      throw invalid(error);
    }
  }
}

/** Returns the error of a start for an invalid document. @param name the input's only file */
export function invalid(error: unknown, name?: string): unknown {
  if (!(error instanceof InputError)) return error;
  const { message } = name === undefined ? error : error.inFile(name);
  return new InputSourceError(`The input is invalid. ${message} Nothing was started.`, { cause: error });
}

const readingFile = (name: string, bytes: AsyncIterable<Uint8Array>) =>
  reading(`The input file ${quoted(name)}`, bytes);

/** Yields the bytes of a source. Its errors say what could not be read. */
async function* reading(what: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    if (error instanceof InputSourceError || error instanceof InputError) throw error;
    throw new InputSourceError(`${what} cannot be read: ${reasonOf(error)}. Nothing was started.`, {
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof NotRegularFileError)
    return (
      `${error.message}. Give a file of documents. ` +
      'To read the output of a command, write it to a file first, or give it as a stream (start -)'
    );
  if (error instanceof KeyNotFoundError) return 'there is no such object. A prefix must end in "/"';
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'there is no such file' : message.replace(/\.$/, '');
}

const isIterable = (value: unknown): boolean =>
  value !== null && typeof value === 'object' && (Symbol.iterator in value || Symbol.asyncIterator in value);

const isNames = (value: unknown): value is string | readonly string[] =>
  typeof value === 'string' || (Array.isArray(value) && value.every((name) => typeof name === 'string'));
