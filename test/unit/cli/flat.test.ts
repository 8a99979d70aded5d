import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { UsageError } from '../../../src/cli/exit';
import { type FlatFlags, flatColumnsOf } from '../../../src/cli/flat-flags';
import { encodeFlat, type FlatFormat } from '../../../src/cli/output/flat';
import { encodeParquet, loadParquet } from '../../../src/cli/output/parquet';
import { OptionError } from '../../../src/client/errors';
import { type FlatResult, flatResult } from '../../../src/client/read/flat-result';
import { duckdb } from '../../support/duckdb';
import { tempDir } from '../../support/temp-dir';

const row = (id: string, added: object = {}): FlatResult => ({
  ...flatResult({
    id,
    status: 'not_sent',
    class: 'not_sent',
    attempts: 0,
    batch_id: null,
    custom_id: null,
    error: { type: 'over_budget', message: 'a, "b"\n' },
  } as never),
  ...added,
});

async function* of<T>(...items: T[]): AsyncGenerator<T> {
  yield* items;
}

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

const encode = (format: FlatFormat, ...rows: FlatResult[]) =>
  bytesOf(encodeFlat(format, { select: { value: '$.value' } }, of(...rows)));

/** Values that formats like to damage. */
const VALUES = ['=1+1', '-5', -5, 0.5, true, { a: [1] }, null, 'ü\u2028"\n', ''];
/** More digits than a number of JavaScript can hold. */
const COST = '12345.000000000001';

it('JSON lines have the values themselves, and all digits of the cost', async () => {
  const text = (
    await encode('jsonl', ...VALUES.map((value) => row('a', { value, cost_usd: COST })))
  ).toString();
  const lines = text.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).value)).toEqual(VALUES);
  for (const line of lines) expect(line).toContain(`"cost_usd":${COST},`);
});

it('CSV has a header also without rows, and marks texts that start a formula, but no numbers', async () => {
  const header = (await encode('csv')).toString();
  expect(header).toMatch(/^id,status,class,model,.*,cost_usd,batch_id,custom_id,value\n$/);
  const text = (
    await encode('csv', ...VALUES.map((value) => row('=a', { value, cost_usd: COST })))
  ).toString();
  const cells = text.match(/(?<=12345\.000000000001,,,)(?:"(?:[^"]|"")*"|[^\n"]*)(?=\n)/g);
  expect(cells).toEqual(["'=1+1", "'-5", '-5', '0.5', 'true', '"{""a"":[1]}"', '', '"ü\u2028""\n"', '']);
  expect(text).toMatch(/^'=a,not_sent,/m);
});

it('Parquet has the same values in each row group, and one also without rows', async () => {
  const dir = await tempDir();
  const columns = [
    { name: 'id', type: 'text' as const },
    { name: 'attempts', type: 'integer' as const },
    { name: 'cost_usd', type: 'usd' as const },
    { name: 'value', type: 'json' as const },
  ];
  const rows = VALUES.map((value, index) =>
    row(`r-${index}`, { value, cost_usd: index === 0 ? null : COST }),
  );
  await writeFile(
    join(dir, 'groups.parquet'),
    await bytesOf(encodeParquet(columns, of(...rows), { rows: 4, bytes: 1_000 })),
  );
  const read = await duckdb(
    dir,
    "SELECT id, attempts, cost_usd::VARCHAR AS usd, value FROM 'groups.parquet'",
  );
  expect(read).toEqual(
    VALUES.map((value, index) => ({
      id: `r-${index}`,
      attempts: '0',
      usd: index === 0 ? null : COST,
      value: value === null || typeof value === 'string' ? value : JSON.stringify(value),
    })),
  );
  const metadata =
    "SELECT count(DISTINCT row_group_id)::INTEGER AS groups FROM parquet_metadata('groups.parquet')";
  expect(await duckdb(dir, metadata)).toEqual([{ groups: 3 }]);
  // Long texts end a group before it has its number of rows.
  const long = of(...Array.from({ length: 6 }, () => row('x'.repeat(600))));
  await writeFile(
    join(dir, 'groups.parquet'),
    await bytesOf(encodeParquet(columns, long, { rows: 4, bytes: 1_000 })),
  );
  expect(await duckdb(dir, metadata)).toEqual([{ groups: 3 }]);

  await writeFile(join(dir, 'empty.parquet'), await encode('parquet'));
  expect(await duckdb(dir, "SELECT count(*)::INTEGER AS rows FROM 'empty.parquet'")).toEqual([{ rows: 0 }]);
  const described = await duckdb(dir, "DESCRIBE SELECT cost_usd FROM 'empty.parquet'");
  expect(described).toMatchObject([{ column_type: 'DECIMAL(18,12)' }]);
});

it('without the package for Parquet, the error says what to install', async () => {
  const absent = loadParquet(() => Promise.reject(new Error("Cannot find package 'hyparquet-writer'")));
  await expect(absent).rejects.toThrow(UsageError);
  await expect(absent).rejects.toThrow(/Run "npm install hyparquet-writer", or give --format jsonl/);
});

const flags = (given: Partial<FlatFlags>) => flatColumnsOf({ format: 'jsonl', ...given });

it.each([
  [{}, undefined],
  [{ flat: true }, {}],
  [{ format: 'csv' }, {}],
  [{ select: ['label=$.label', 'x=$["a=b"]'] }, { select: { label: '$.label', x: '$["a=b"]' } }],
  [
    { include: ['category, question=text', 'lang=meta.lang'] },
    { include: { category: 'category', question: 'text', lang: 'meta.lang' } },
  ],
] as const)('the flags %j ask for flat results with %j', (given, columns) => {
  expect(flags(given as Partial<FlatFlags>)).toEqual(columns);
});

it.each([
  [{ flat: true, follow: true }, UsageError, /`--follow` cannot be combined/],
  [{ select: ['label'] }, UsageError, /`--select` must be COLUMN=PATH/],
  [{ include: ['a,,b'] }, UsageError, /`--include` must be a list/],
  [{ include: ['a,a'] }, UsageError, /can name a column once \(got a twice\)/],
  [{ select: ['a=b'] }, OptionError, /must be like \$\.label/],
  [{ include: ['text'] }, OptionError, /column "text"/],
])('the flags %j are refused', (given, type, message) => {
  expect(() => flags(given)).toThrow(type);
  expect(() => flags(given)).toThrow(message);
});
