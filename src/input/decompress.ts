import { Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import type { Compression } from './format';
import { UnreadableFileError } from './unreadable-file';

/** Not in the types of Node 20, which does not have it. */
const createZstdDecompress = (zlib as { createZstdDecompress?: () => zlib.Gunzip }).createZstdDecompress;

/**
 * Yields the decompressed bytes of a stream. Checks at once whether this Node knows the compression.
 *
 * @throws {UnreadableFileError} if the stream is cut short or damaged, with the number of compressed bytes.
 */
export function decompress(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncGenerator<Uint8Array> {
  return unpacked(source, decoder(compression), compression);
}

function decoder(compression: Compression): zlib.Gunzip {
  if (compression === 'gzip') return zlib.createGunzip();
  if (createZstdDecompress) return createZstdDecompress();
  throw new UnreadableFileError(
    `zstd needs Node 22.15 or later (this is ${process.version}). Decompress the file with \`zstd -d\`, or ` +
      'compress it with gzip',
  );
}

async function* unpacked(
  source: AsyncIterable<Uint8Array>,
  decoding: zlib.Gunzip,
  compression: Compression,
): AsyncGenerator<Uint8Array> {
  let read = 0;
  let failure: { error: unknown } | undefined;
  async function* counted() {
    try {
      for await (const piece of source) {
        read += piece.length;
        yield piece;
      }
    } catch (error) {
      // The source's own error: decoding only stopped because of it.
      failure = { error };
      throw error;
    }
  }
  const compressed = Readable.from(counted(), { objectMode: false });
  compressed.on('error', (error) => decoding.destroy(error));
  try {
    for await (const piece of compressed.pipe(decoding)) yield piece;
  } catch (error) {
    if (failure) throw failure.error;
    throw new UnreadableFileError(problemOf(error as NodeJS.ErrnoException, compression, read), {
      cause: error,
    });
  } finally {
    compressed.destroy();
    decoding.destroy();
  }
}

function problemOf({ code, message }: NodeJS.ErrnoException, compression: Compression, read: number): string {
  // zlib's code for an end in the middle of the data.
  if (code === 'Z_BUF_ERROR') {
    return `its ${compression} data ends early, after byte ${read}. Copy or compress the file again`;
  }
  return `its ${compression} data is damaged, at most at byte ${read}: ${message}. Copy or compress the file again`;
}
