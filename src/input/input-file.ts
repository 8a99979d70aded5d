import type { Store } from '../store/store';
import { decompress } from './decompress';
import type { FileType } from './format';

/** A file, in a store or in something that is read like one. */
export interface InputSourceFile {
  source: Pick<Store, 'head' | 'open'>;
  key: string;
}

/** One of an input's files. */
export interface InputFile extends InputSourceFile {
  /** The name, for messages and for the ids of documents that have none. */
  name: string;
  type: FileType;
}

/** Reads the decompressed bytes of a file. @throws {UnreadableFileError} */
export async function* bytesOf({
  source,
  key,
  type: { compression },
}: Omit<InputFile, 'name'>): AsyncGenerator<Uint8Array> {
  const bytes = await source.open(key);
  yield* compression ? decompress(bytes, compression) : bytes;
}
