import {
  FLAT_COLUMNS,
  type FlatColumns,
  type FlatResult,
  type FlatType,
} from '../../client/read/flat-result';
import { csvLine } from './csv';
import { encodeParquet } from './parquet';

/** A column of flat results. */
export interface Column {
  name: string;
  type: FlatType;
}

/** The formats of flat results. */
export const FLAT_FORMATS = ['jsonl', 'csv', 'parquet'] as const;
export type FlatFormat = (typeof FLAT_FORMATS)[number];

const BLOCK = 1 << 16;

/** Encodes flat results in a format, in blocks of bytes. Holds a block, or a row group, in memory. */
export function encodeFlat(
  format: FlatFormat,
  added: FlatColumns,
  rows: AsyncIterable<FlatResult>,
): AsyncGenerator<Uint8Array> {
  const columns = columnsOf(added);
  if (format === 'parquet') return encodeParquet(columns, rows);
  return blocks(format === 'csv' ? csvLines(columns, rows) : jsonLines(columns, rows));
}

function columnsOf({ select = {}, include = {} }: FlatColumns): Column[] {
  const added = [...Object.keys(select), ...Object.keys(include)];
  return [
    ...Object.entries(FLAT_COLUMNS).map(([name, type]) => ({ name, type })),
    ...added.map((name): Column => ({ name, type: 'json' })),
  ];
}

async function* jsonLines(
  columns: readonly Column[],
  rows: AsyncIterable<FlatResult>,
): AsyncGenerator<string> {
  for await (const row of rows) {
    const fields = columns.map(({ name, type }) => {
      const value = row[name] ?? null;
      // The digits of the amount, which a number of JavaScript could not hold.
      const json = type === 'usd' && value !== null ? String(value) : JSON.stringify(value);
      return `${JSON.stringify(name)}:${json}`;
    });
    yield `{${fields.join(',')}}\n`;
  }
}

async function* csvLines(
  columns: readonly Column[],
  rows: AsyncIterable<FlatResult>,
): AsyncGenerator<string> {
  yield csvLine(columns.map(({ name }) => name));
  for await (const row of rows) yield csvLine(columns.map(({ name }) => cellOf(row[name])));
}

/** Returns a cell: empty for `null`, the text or number itself, and other values as JSON. */
function cellOf(value: unknown): string | number {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value);
}

async function* blocks(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let block = '';
  for await (const line of lines) {
    block += line;
    if (block.length < BLOCK) continue;
    yield Buffer.from(block);
    block = '';
  }
  if (block !== '') yield Buffer.from(block);
}
