import type { Store } from '../store/store';
import { decompress } from './decompress';
import type { Compression, FileType } from './format';

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

/** Reads the bytes of a file, decompressed. @throws {UnreadableFileError} */
export async function* bytesOf(
  { source, key }: InputSourceFile,
  compression?: Compression,
): AsyncGenerator<Uint8Array> {
  const bytes = await source.open(key);
  yield* compression ? decompress(bytes, compression) : bytes;
}
