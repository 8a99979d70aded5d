import type { FlatResult, FlatType } from '../../client/read/flat-result';
import { parseUsd } from '../../cost/prices/usd';
import { UsageError } from '../exit';
import type { Column } from './flat';

type Library = typeof import('hyparquet-writer');
type SchemaElement = ConstructorParameters<Library['ParquetWriter']>[0]['schema'][number];

/** A row group is written when it has this many rows, or this many bytes of text. */
const GROUP = { rows: 10_000, bytes: 32_000_000 };

/** USD have 12 decimal places, as pico-USD. */
const TYPES: Record<FlatType, Omit<SchemaElement, 'name'>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  // Not Parquet's own JSON type, which readers treat differently.
  json: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  integer: { type: 'INT64' },
  usd: { type: 'INT64', converted_type: 'DECIMAL', scale: 12, precision: 18 },
};

/**
 * Loads the library that writes Parquet, which is optional.
 *
 * @throws {UsageError} if it is not installed.
 */
export async function loadParquet(load: () => Promise<Library> = () => import('hyparquet-writer')) {
  try {
    return await load();
  } catch (error) {
    throw new UsageError(
      '`--format parquet` needs a package that is not installed. Run "npm install hyparquet-writer", or give ' +
        '--format jsonl or --format csv.',
      { cause: error },
    );
  }
}

/** Encodes flat results as a Parquet file, one row group at a time, so that memory stays constant. */
export async function* encodeParquet(
  columns: readonly Column[],
  rows: AsyncIterable<FlatResult>,
  group = GROUP,
): AsyncGenerator<Uint8Array> {
  const { ByteWriter, ParquetWriter } = await loadParquet();
  const writer = new ByteWriter();
  const schema = columns.map(({ name, type }) => ({
    name,
    repetition_type: 'OPTIONAL' as const,
    ...TYPES[type],
  }));
  const parquet = new ParquetWriter({
    writer,
    schema: [{ name: 'root', num_children: schema.length }, ...schema],
    createdBy: 'temporal-anthropic-batch',
  });
  /** Returns the bytes that were written since the last call. */
  const written = () => {
    const bytes = writer.getBytes().slice();
    writer.index = 0;
    return bytes;
  };
  let data: unknown[][] = columns.map(() => []);
  let size = 0;
  const write = async () => {
    const columnData = columns.map(({ name }, at) => ({ name, data: data[at]!, offsetIndex: false }));
    await parquet.write({ columnData, rowGroupSize: data[0]!.length });
    data = columns.map(() => []);
    size = 0;
    return written();
  };
  for await (const row of rows) {
    for (const [at, { name, type }] of columns.entries()) {
      const value = encoded(row[name], type);
      if (typeof value === 'string') size += value.length;
      data[at]!.push(value);
    }
    if (data[0]!.length >= group.rows || size >= group.bytes) yield await write();
  }
  if (data[0]!.length > 0) yield await write();
  await parquet.finish();
  yield written();
}

/** Returns a value in the library's form. In a `json` column, values other than texts become JSON. */
function encoded(value: unknown, type: FlatType): string | bigint | null {
  if (value === null || value === undefined) return null;
  if (type === 'usd') return parseUsd(value as string)!;
  if (type === 'integer') return BigInt(value as number);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
