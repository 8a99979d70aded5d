import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it, vi } from 'vitest';
import { openInput } from '../../../src/client/start/input';
import { readParquet } from '../../../src/input/parquet';
import { documentsOfInput } from '../../support/input-documents';
import { MemoryStore } from '../../support/memory-store';
import { tempDir } from '../../support/temp-dir';

type Columns = Parameters<typeof parquetWriteBuffer>[0]['columnData'];
type Options = Omit<Parameters<typeof parquetWriteBuffer>[0], 'columnData'>;

const parquet = (columnData: Columns, options: Options = {}) =>
  Buffer.from(parquetWriteBuffer({ columnData, ...options }));

/** Reads the rows of a file in a store. */
async function rowsOf(bytes: Buffer): Promise<Record<string, unknown>[][]> {
  const source = new MemoryStore(1000);
  await source.put('file', bytes);
  const groups: Record<string, unknown>[][] = [];
  for await (const rows of readParquet({ source, key: 'file' })) groups.push(rows);
  return groups;
}

describe('a Parquet file', () => {
  it('has values that JSON can represent', async () => {
    const file = parquet([
      { name: 'text', data: ['é', null], type: 'STRING' },
      { name: 'small', data: [5n, -1n], type: 'INT64' },
      { name: 'large', data: [2n ** 60n, 1n], type: 'INT64' },
      { name: 'real', data: [0.5, 2], type: 'DOUBLE' },
      { name: 'flag', data: [true, false], type: 'BOOLEAN' },
      { name: 'at', data: [new Date(0), new Date(1)], type: 'TIMESTAMP' },
      { name: 'any', data: [{ a: [1, 2] }, [{ b: null }]], type: 'JSON' },
    ]);
    expect(JSON.parse(JSON.stringify(await rowsOf(file)))).toEqual([
      [
        {
          ...{ text: 'é', small: 5, large: '1152921504606846976', real: 0.5, flag: true },
          ...{ at: '1970-01-01T00:00:00.000Z', any: { a: [1, 2] } },
        },
        {
          ...{ text: null, small: -1, large: 1, real: 2, flag: false },
          ...{ at: '1970-01-01T00:00:00.001Z', any: [{ b: null }] },
        },
      ],
    ]);
  });

  it('is read one row group at a time', async () => {
    const data = Array.from({ length: 10 }, (_, i) => `d${i}`);
    const groups = await rowsOf(parquet([{ name: 'id', data, type: 'STRING' }], { rowGroupSize: 4 }));
    expect(groups.map((rows) => rows.length)).toEqual([4, 4, 2]);
    expect(groups.flat().map(({ id }) => id)).toEqual(data);
  });

  it('may have no rows', async () => {
    expect((await rowsOf(parquet([{ name: 'id', data: [], type: 'STRING' }]))).flat()).toEqual([]);
  });

  it('has the numbers of its rows as lines, also beside other files', async () => {
    const folder = await tempDir();
    const file = join(folder, 'a.parquet');
    await writeFile(file, parquet([{ name: 'text', data: ['x', 'y'], type: 'STRING' }]));
    await writeFile(join(folder, 'b.jsonl'), '{"id":"z"}\n');
    expect(await documentsOfInput({ file })).toEqual([
      { id: '1', line: 1, fields: { text: 'x' } },
      { id: '2', line: 2, fields: { text: 'y' } },
    ]);
    const all = await documentsOfInput({ file: folder });
    expect(all.map(({ id }) => id)).toEqual([`${file}:1`, `${file}:2`, 'z']);
  });

  it('needs a package, which the error names', async () => {
    vi.doMock('hyparquet', () => {
      throw new Error('Cannot find package');
    });
    try {
      vi.resetModules();
      const reading = readParquet({ source: new MemoryStore(), key: 'k' }).next();
      await expect(reading).rejects.toThrow('Run "npm install hyparquet"');
    } finally {
      vi.doUnmock('hyparquet');
    }
  });

  it('is refused with its name if it is damaged, compressed as a whole, or a stream', async () => {
    const folder = await tempDir();
    const good = parquet([{ name: 'text', data: ['x'.repeat(1000)], type: 'STRING' }]);
    const refused = async (name: string, bytes: Buffer, message: RegExp) => {
      await writeFile(join(folder, name), bytes);
      await expect(documentsOfInput({ file: join(folder, name) })).rejects.toThrow(message);
    };
    const invalid = (name: string) =>
      new RegExp(
        `The input file ".*/${name}" cannot be read: it is not a valid Parquet file: .*Nothing was started`,
      );
    await refused('cut.parquet', good.subarray(0, 50), invalid('cut.parquet'));
    await refused('text.parquet', Buffer.from('{"id":"a"}\n'), invalid('text.parquet'));
    await refused('empty.parquet', Buffer.alloc(0), invalid('empty.parquet'));
    const binary = [{ name: 'bytes', data: [Uint8Array.of(0xff, 0xfe)], type: 'BYTE_ARRAY' }] as Columns;
    await refused('binary.parquet', parquet(binary), /binary\.parquet.*bytes that are not UTF-8/);
    await refused('packed.parquet.gz', gzipSync(good), /compressed inside, and not as a whole/);
    async function* stream() {
      yield good;
    }
    await expect(openInput({ stream: stream(), format: 'parquet' })).rejects.toThrow(
      /cannot be read from a stream/,
    );
  });
});
