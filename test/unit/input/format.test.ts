import { describe, expect, it } from 'vitest';
import { FormatError, fileTypeOf, storedAs } from '../../../src/input/format';

describe('the format of a file', () => {
  it.each([
    ['a.jsonl', {}, { format: 'jsonl' }],
    ['in.d/a.NDJSON', {}, { format: 'jsonl' }],
    ['C:\\in.d\\a.json', {}, { format: 'json' }],
    ['a.tsv', {}, { format: 'tsv' }],
    ['a.jsonl.gz', {}, { format: 'jsonl', compression: 'gzip' }],
    ['a.b.CSV.ZST', {}, { format: 'csv', compression: 'zstd' }],
    ['a.csv', { delimiter: ';' }, { format: 'csv', delimiter: ';' }],
    ['a.csv', { delimiter: '\\t' }, { format: 'csv', delimiter: '\t' }],
    ['a.jsonl', { format: 'csv' }, { format: 'csv' }],
    ['a.txt.gz', { format: 'csv' }, { format: 'csv', compression: 'gzip' }],
    ['gz', { format: 'json' }, { format: 'json' }],
  ] as const)('is that of its name, or the given one: %s %j', (name, given, type) => {
    expect(fileTypeOf(name, given)).toEqual(type);
  });

  it('stores TSV as CSV', () => {
    expect(storedAs({ format: 'tsv' })).toEqual({ format: 'csv', delimiter: '\t' });
    expect(storedAs(fileTypeOf('a.csv.gz', { delimiter: ';' }))).toEqual({ format: 'csv', delimiter: ';' });
  });

  it.each([
    [
      'dir.csv/a.txt',
      {},
      '"dir.csv/a.txt" is unknown: its name ends in .txt. A name may end in .jsonl, .ndjson,',
    ],
    ['a.xls.gz', {}, 'ends in .xls.'],
    ['a.gz', {}, 'has no extension.'],
    ['constructor', {}, 'has no extension.'],
    ['.csv', {}, 'has no extension.'],
    ['a.constructor', {}, 'ends in .constructor.'],
    ['a.jsonl', { format: 'xml' }, '`format` must be one of jsonl, json, csv, tsv, parquet (got "xml").'],
    ['a.jsonl', { delimiter: ';' }, "`delimiter` is only for CSV, and the input's format is jsonl."],
    ['a.csv', { delimiter: ';;' }, '`delimiter` must be one character other than a quote'],
    ['a.csv', { delimiter: '"' }, '(got "\\"")'],
    ['a.csv', { delimiter: 5 }, '(got 5)'],
  ])('is refused: %s %j', (name, given, message) => {
    expect(() => fileTypeOf(name, given as never)).toThrow(message);
    expect(() => fileTypeOf(name, given as never)).toThrow(FormatError);
  });
});
