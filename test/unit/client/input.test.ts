import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputSourceError } from '../../../src/client/errors';
import { checkInput, copyInput, storedInput } from '../../../src/client/start/input';
import { KeyExistsError } from '../../../src/store/store';
import { makeFifo } from '../../support/fifo';
import { MemoryStore } from '../../support/memory-store';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'input-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function copied(documents: Iterable<unknown> | AsyncIterable<unknown>): Promise<string> {
  const store = new MemoryStore();
  await copyInput(store, 'input.jsonl', { documents: documents as Iterable<object> });
  return store.text('input.jsonl');
}

describe('documents from code', () => {
  it('become one object for each line', async () => {
    expect(await copied([{ id: 'a', text: 'x\ny' }, { id: 'b' }])).toBe(
      '{"id":"a","text":"x\\ny"}\n{"id":"b"}\n',
    );
    expect(await copied([])).toBe('');
  });

  it('may come from an async generator, and may exceed a block', async () => {
    async function* many() {
      for (let i = 0; i < 20_000; i++) yield { id: `d${i}`, text: 'é'.repeat(20) };
    }
    const lines = (await copied(many())).trimEnd().split('\n');
    expect(lines).toHaveLength(20_000);
    expect(JSON.parse(lines[19_999]!)).toEqual({ id: 'd19999', text: 'é'.repeat(20) });
  });

  it('leave out undefined fields, and keep the values of toJSON', async () => {
    expect(await copied([{ id: 1, gone: undefined, at: new Date(0) }])).toBe(
      '{"id":1,"at":"1970-01-01T00:00:00.000Z"}\n',
    );
  });

  it.each([
    [{ id: 'x', text: 'a\ud800' }, /Document 2 \(id "x"\).*"text" contains a lone surrogate/],
    [{ 'a\udc00': 1 }, /lone surrogate/],
    [{ list: [undefined] }, /undefined in an array/],
    [{ n: Number.NaN }, /"n" contains NaN/],
    [{ n: 10n }, /a bigint/],
    [{ f() {} }, /a function/],
    [{ m: new Map() }, /a Map/],
    [[1], /must be an object \(got an array\)/],
    [null, /must be an object \(got null\)/],
    ['text', /must be an object \(got a string\)/],
  ])('are refused, with their number, if JSON would lose something: %#', async (document, message) => {
    const error = await copied([{ id: 'fine' }, document]).catch((e) => e);
    expect(error).toBeInstanceOf(InputSourceError);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^Document 2/);
  });

  it('are refused if they contain themselves', async () => {
    const loop: Record<string, unknown> = { id: 'loop' };
    loop.self = loop;
    await expect(copied([loop])).rejects.toThrow(/Document 1 \(id "loop"\) cannot be serialized as JSON/);
  });

  it('leave nothing in the store if one is refused', async () => {
    const store = new MemoryStore();
    await expect(copyInput(store, 'k', { documents: [{ n: Number.NaN }] })).rejects.toThrow();
    expect([...store.entries.keys()]).toEqual([]);
  });
});

describe('an input file', () => {
  it('is copied byte by byte, once', async () => {
    const file = join(folder, 'docs.csv');
    await writeFile(file, 'id,text\r\n1,\ufeffx');
    const store = new MemoryStore();
    await copyInput(store, 'input.csv', { file });
    expect(store.text('input.csv')).toBe('id,text\r\n1,\ufeffx');
    await expect(copyInput(store, 'input.csv', { file })).rejects.toThrow(KeyExistsError);
  });

  it('must exist and be a regular file', async () => {
    await expect(checkInput({ file: join(folder, 'none.jsonl') })).rejects.toThrow(
      /none\.jsonl.*there is no such file/,
    );
    await expect(checkInput({ file: folder })).rejects.toThrow(/is a folder/);
    await makeFifo(join(folder, 'fifo'));
    await expect(checkInput({ file: join(folder, 'fifo') })).rejects.toThrow(
      /it is a FIFO, not a regular file\. Give/,
    );
    // The file may change after it was checked.
    const copied = expect(
      copyInput(new MemoryStore(), 'input.jsonl', { file: join(folder, 'fifo'), format: 'jsonl' }),
    ).rejects;
    await copied.toThrow(/a FIFO/);
    await copied.toThrow(InputSourceError);
    await expect(checkInput({ file: '/dev/zero' })).rejects.toThrow(/it is a device/);
    await expect(checkInput({} as never)).rejects.toThrow(/`input` must be \{file: /);
    await expect(checkInput({ documents: {} as never })).rejects.toThrow(InputSourceError);
  });

  it('has the format of its name by default', () => {
    const stored = (file: string, options: object = {}) => storedInput({ file, ...options });
    expect(stored('a.jsonl')).toEqual({ format: 'jsonl' });
    expect(stored('in.d/a.NDJSON.gz')).toEqual({ format: 'jsonl' });
    expect(stored('a.json')).toEqual({ format: 'json' });
    expect(stored('a.CSV.zst')).toEqual({ format: 'csv' });
    expect(stored('a.tsv')).toEqual({ format: 'csv', delimiter: '\t' });
    expect(stored('a.csv', { delimiter: ';' })).toEqual({ format: 'csv', delimiter: ';' });
    expect(stored('a.csv', { delimiter: '\\t' })).toEqual({ format: 'csv', delimiter: '\t' });
    expect(stored('a.txt', { format: 'csv' })).toEqual({ format: 'csv' });
    expect(storedInput({ documents: [] })).toEqual({ format: 'jsonl' });
  });

  it.each([
    [
      { file: 'dir.csv/a.txt' },
      '"dir.csv/a.txt" is unknown: its name ends in .txt. A name may end in .jsonl,',
    ],
    [{ file: 'a.xls.gz' }, 'ends in .xls.'],
    [{ file: 'constructor' }, 'has no extension.'],
    [{ file: '.csv' }, 'has no extension.'],
    [{ file: 'a.constructor' }, 'ends in .constructor.'],
    [{ file: 'a.jsonl', format: 'xml' }, '`format` must be one of jsonl, json, csv, tsv (got "xml").'],
    [{ file: 'a.jsonl', delimiter: ';' }, "`delimiter` is only for CSV, and the input's format is jsonl."],
    [{ file: 'a.csv', delimiter: ';;' }, '`delimiter` must be one character other than a quote'],
    [{ file: 'a.csv', delimiter: '"' }, '(got "\\"")'],
  ])('must have a known format: %j', (input, message) => {
    expect(() => storedInput(input as never)).toThrow(message);
    expect(() => storedInput(input as never)).toThrow(InputSourceError);
  });

  it('is decompressed', async () => {
    const text = '{"id":"a"}\n'.repeat(100_000);
    const packed = gzipSync(text);
    const file = join(folder, 'docs.jsonl.gz');
    // Two members, as `cat a.gz b.gz` writes them.
    await writeFile(file, Buffer.concat([packed, packed]));
    const store = new MemoryStore();
    await copyInput(store, 'input.jsonl', { file });
    expect(store.text('input.jsonl')).toBe(text + text);
  });

  it('is refused if it is cut short or damaged, with the name and the byte', async () => {
    const packed = gzipSync(randomBytes(10_000));
    const cut = join(folder, 'cut.jsonl.gz');
    await writeFile(cut, packed.subarray(0, 5_000));
    const store = new MemoryStore();
    await expect(copyInput(store, 'k', { file: cut })).rejects.toThrow(
      /The input file ".*cut\.jsonl\.gz" cannot be read: its gzip data ends early, after byte 5000\./,
    );
    const plain = join(folder, 'plain.csv.gz');
    await writeFile(plain, 'id,text\n');
    await expect(checkInput({ file: plain })).rejects.toThrow(/its gzip data is damaged/);
    expect([...store.entries.keys()]).toEqual([]);
  });

  it('may be compressed with zstd if Node knows it, and is refused with a reason if not', async () => {
    const { zstdCompressSync } = zlib as { zstdCompressSync?: (text: string) => Buffer };
    const file = join(folder, 'docs.csv.zst');
    await writeFile(file, zstdCompressSync?.('id\na\n') ?? 'any');
    const store = new MemoryStore();
    const copied = copyInput(store, 'k', { file });
    if (!zstdCompressSync) {
      await expect(copied).rejects.toThrow(/docs\.csv\.zst" cannot be read: zstd needs Node 22\.15 or later/);
      return;
    }
    await copied;
    expect(store.text('k')).toBe('id\na\n');
  });

  it('has its header checked before anything is started', async () => {
    const file = join(folder, 'semicolons.csv');
    await writeFile(file, 'id;text\na;b\n');
    await expect(checkInput({ file })).rejects.toThrow(
      /semicolons\.csv" is not valid\. Line 1: the header has one column.*--delimiter ';'.*Nothing was started/,
    );
    await checkInput({ file, delimiter: ';' });
  });
});
