import { buffer } from 'node:stream/consumers';
import * as zlib from 'node:zlib';
import type { InputSourceFile } from './input-file';
import { UnreadableFileError } from './unreadable-file';

/** Not in the types of Node 20, which does not have it. */
const zstdDecompress = (zlib as { zstdDecompressSync?: (bytes: Uint8Array) => Buffer }).zstdDecompressSync;

/** The compressions that the package leaves to its user. It has Snappy, the most common one, itself. */
const compressors = {
  GZIP: (bytes: Uint8Array) => zlib.gunzipSync(bytes),
  BROTLI: (bytes: Uint8Array) => zlib.brotliDecompressSync(bytes),
  ...(zstdDecompress && { ZSTD: (bytes: Uint8Array) => zstdDecompress(bytes) }),
};

/**
 * Yields the rows of a Parquet file as objects of JSON, a row group at a time, which is held in memory. Needs
 * the optional package `hyparquet`.
 *
 * @throws {UnreadableFileError} if the file is damaged, or the package is not installed
 */
export async function* readParquet(file: InputSourceFile): AsyncGenerator<Record<string, unknown>[]> {
  const { parquetMetadataAsync, parquetReadObjects } = await hyparquet();
  const entry = await file.source.head(file.key);
  const bytes = {
    byteLength: entry?.size ?? 0,
    async slice(start: number, end?: number): Promise<ArrayBuffer> {
      const read = await buffer(await file.source.open(file.key, { start, end }));
      return Uint8Array.from(read).buffer;
    },
  };
  const metadata = await parquetMetadataAsync(bytes).catch(damaged);
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    const rows = await parquetReadObjects({
      file: bytes,
      metadata,
      rowStart,
      rowEnd,
      compressors,
      parsers,
    }).catch(damaged);
    yield rows.map((row) => jsonOf(row) as Record<string, unknown>);
    rowStart = rowEnd;
  }
}

async function hyparquet() {
  try {
    return await import('hyparquet');
  } catch (error) {
    throw new UnreadableFileError(
      'Parquet needs a package that is not installed. Run "npm install hyparquet"',
      {
        cause: error,
      },
    );
  }
}

function damaged(error: Error): never {
  const hint = /codec: ZSTD/.test(error.message) ? ' (zstd needs Node 22.15 or later)' : '';
  throw new UnreadableFileError(`it is not a valid Parquet file: ${error.message}${hint}`, { cause: error });
}

const text = new TextDecoder('utf-8', { fatal: true });

const parsers = {
  stringFromBytes(bytes: Uint8Array) {
    if (!bytes) return bytes;
    try {
      return text.decode(bytes);
    } catch (error) {
      throw new Error('a column of text or bytes contains bytes that are not UTF-8', { cause: error });
    }
  },
  dateFromDays: (days: number) => new Date(days * 86_400_000).toISOString().slice(0, 10),
  timestampFromMicroseconds: (micros: bigint) => timestamp(micros, 1_000n),
  timestampFromNanoseconds: (nanos: bigint) => timestamp(nanos, 1_000_000n),
};

/** Returns a time as ISO 8601, with as many digits as it has. */
function timestamp(value: bigint, perMillisecond: bigint): string {
  const below = ((value % perMillisecond) + perMillisecond) % perMillisecond;
  const iso = new Date(Number((value - below) / perMillisecond)).toISOString();
  if (below === 0n) return iso;
  const digits = String(below).padStart(String(perMillisecond).length - 1, '0');
  return `${iso.slice(0, -1)}${digits}Z`;
}

/** Converts the values that JSON does not have. An integer that a number cannot hold becomes its digits. */
function jsonOf(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(jsonOf);
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array, jsonOf);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonOf(inner)]));
}
