import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { InputFormat } from '../spec/spec';
import type { Store } from '../store/store';
import { InputSourceError, quoted } from './errors';
import { documentLines } from './lines';
import type { InputSource } from './types';

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
    const handle = await open(input.file, 'r');
    try {
      // A folder can be opened, but not read.
      if (!(await handle.stat()).isDirectory()) return;
    } finally {
      await handle.close();
    }
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error);
    throw new InputSourceError(
      `The input file ${quoted(input.file)} cannot be read: ${reason}. Nothing was started.`,
      {
        cause: error,
      },
    );
  }
  throw new InputSourceError(
    `The input ${quoted(input.file)} is a folder, not a JSONL or CSV file. Nothing was started.`,
  );
}

/** A file that is read where it is, as inputs in a store are; it is what every key names. */
export function fileSource(file: string): Pick<Store, 'head' | 'open'> {
  return {
    async head(key) {
      const { size, mtime: modified } = await stat(file);
      return { key, size, modified };
    },
    open: async (_, range) => createReadStream(file, { start: range?.start, highWaterMark: 1 << 18 }),
  };
}

/** Copies the input into the store as it is: a file byte by byte, documents as one JSON object a line. */
export async function copyInput(store: Store, key: string, input: InputSource): Promise<void> {
  const source =
    input.file === undefined
      ? documentLines(input.documents)
      : (createReadStream(input.file, { highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>);
  await store.put(key, source, { ifAbsent: true });
}

const isIterable = (value: unknown): boolean =>
  value !== null && typeof value === 'object' && (Symbol.iterator in value || Symbol.asyncIterator in value);
