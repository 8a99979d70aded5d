import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputSourceError } from '../../../src/client/errors';
import { copyInput, openInput } from '../../../src/client/start/input';
import type { InputSource } from '../../../src/client/types';
import { readDocuments } from '../../../src/input/documents';
import type { Entry, InputCursor } from '../../../src/input/entry';
import { KeyExistsError } from '../../../src/store/store';
import { makeFifo } from '../../support/fifo';
import { documentsOfInput } from '../../support/input-documents';
import { MemoryStore } from '../../support/memory-store';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'input-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Copies an input, as `start` does. */
const copy = async (store: MemoryStore, key: string, input: InputSource) =>
  copyInput(store, key, await openInput(input));

async function copied(documents: Iterable<unknown> | AsyncIterable<unknown>): Promise<string> {
  const store = new MemoryStore();
  await copy(store, 'input.jsonl', { documents: documents as Iterable<object> });
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
    await expect(copy(store, 'k', { documents: [{ n: Number.NaN }] })).rejects.toThrow();
    expect([...store.entries.keys()]).toEqual([]);
  });
});

describe('an input file', () => {
  it('is copied byte by byte, once', async () => {
    const file = join(folder, 'docs.csv');
    await writeFile(file, 'id,text\r\n1,\ufeffx');
    const store = new MemoryStore();
    await copy(store, 'input.csv', { file });
    expect(store.text('input.csv')).toBe('id,text\r\n1,\ufeffx');
    await expect(copy(store, 'input.csv', { file })).rejects.toThrow(KeyExistsError);
  });

  it('must exist and be a regular file', async () => {
    await expect(openInput({ file: join(folder, 'none.jsonl') })).rejects.toThrow(
      /none\.jsonl.*there is no such file/,
    );
    await makeFifo(join(folder, 'fifo'));
    await expect(openInput({ file: join(folder, 'fifo') })).rejects.toThrow(
      /it is a FIFO, not a regular file\. Give/,
    );
    // The file may change after it was checked.
    const changing = join(folder, 'changing.jsonl');
    await writeFile(changing, '{}\n');
    const opened = await openInput({ file: changing });
    await rm(changing);
    await makeFifo(changing);
    const copied = expect(copyInput(new MemoryStore(), 'input.jsonl', opened)).rejects;
    await copied.toThrow(/a FIFO/);
    await copied.toThrow(InputSourceError);
    await expect(openInput({ file: '/dev/zero' })).rejects.toThrow(/it is a device/);
    await expect(openInput({} as never)).rejects.toThrow(/`input` must be \{file: /);
    await expect(openInput({ file: 5 } as never)).rejects.toThrow(/`input` must be \{file: /);
    await expect(openInput({ stream: 'x' } as never)).rejects.toThrow(/`input` must be \{file: /);
    await expect(openInput({ documents: {} as never })).rejects.toThrow(InputSourceError);
  });

  it('must have a name with a known format, or a format', async () => {
    const file = join(folder, 'docs.txt');
    await writeFile(file, '{"id":"a"}\n');
    const opened = openInput({ file });
    await expect(opened).rejects.toThrow(
      /docs\.txt" is unknown: its name ends in \.txt\..*Nothing was started/,
    );
    await expect(opened).rejects.toThrow(InputSourceError);
    expect((await openInput({ file, format: 'jsonl' })).stored).toEqual({ format: 'jsonl' });
  });

  it('is decompressed', async () => {
    const text = '{"id":"a"}\n'.repeat(100_000);
    const packed = gzipSync(text);
    const file = join(folder, 'docs.jsonl.gz');
    // Two members, as `cat a.gz b.gz` writes them.
    await writeFile(file, Buffer.concat([packed, packed]));
    const store = new MemoryStore();
    await copy(store, 'input.jsonl', { file });
    expect(store.text('input.jsonl')).toBe(text + text);
  });

  it('is refused if it is cut short or damaged, with the name and the byte', async () => {
    const packed = gzipSync(randomBytes(10_000));
    const cut = join(folder, 'cut.jsonl.gz');
    await writeFile(cut, packed.subarray(0, 5_000));
    const store = new MemoryStore();
    await expect(copy(store, 'k', { file: cut })).rejects.toThrow(
      /The input file ".*cut\.jsonl\.gz" cannot be read: its gzip data ends early, after byte 5000\./,
    );
    const plain = join(folder, 'plain.csv.gz');
    await writeFile(plain, 'id,text\n');
    await expect(openInput({ file: plain })).rejects.toThrow(/its gzip data is damaged/);
    expect([...store.entries.keys()]).toEqual([]);
  });

  it('may be compressed with zstd if Node knows it, and is refused with a reason if not', async () => {
    const { zstdCompressSync } = zlib as { zstdCompressSync?: (text: string) => Buffer };
    const file = join(folder, 'docs.csv.zst');
    await writeFile(file, zstdCompressSync?.('id\na\n') ?? 'any');
    const store = new MemoryStore();
    const copied = copy(store, 'k', { file });
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
    await expect(openInput({ file })).rejects.toThrow(
      /semicolons\.csv:1: the header has one column.*--delimiter ';'.*Nothing was started/,
    );
    await openInput({ file, delimiter: ';' });
  });
});

describe('an input of several files', () => {
  /** A folder with these files. */
  async function folderOf(files: Record<string, string | Buffer>): Promise<string> {
    const made = await mkdtemp(join(folder, 'set-'));
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(made, name)), { recursive: true });
      await writeFile(join(made, name), content);
    }
    return made;
  }

  /** The documents of an input as planning reads them, with the folder's name cut off. */
  async function documentsOf(made: string, input: InputSource) {
    const found = await documentsOfInput(input);
    return JSON.parse(JSON.stringify(found).replaceAll(`${made}/`, ''));
  }

  const FILES = {
    'b.csv': 'id,text\nb1,x\n',
    'a.jsonl.gz': gzipSync('\n{"id":"a1"}\n{"text":"y"}\n'),
    'sub/c.json': '[{"id":"c1"},{}]',
    '.hidden.jsonl': 'not read',
  };
  const DOCUMENTS = [
    { id: 'a1', line: 2, file: 'a.jsonl.gz', fields: { id: 'a1' } },
    { id: 'a.jsonl.gz:3', line: 3, file: 'a.jsonl.gz', fields: { text: 'y' } },
    { id: 'b1', line: 2, file: 'b.csv', fields: { id: 'b1', text: 'x' } },
    { id: 'c1', line: 1, file: 'sub/c.json', fields: { id: 'c1' } },
    { id: 'sub/c.json:2', line: 2, file: 'sub/c.json', fields: {} },
  ];

  it('may be a folder, whose files are read in the order of their names', async () => {
    const made = await folderOf(FILES);
    expect(await documentsOf(made, { file: made })).toEqual(DOCUMENTS);
    expect(await documentsOf(made, { file: `${made}/` })).toEqual(DOCUMENTS);
  });

  it('may be a pattern, or several names, of which each file is read once', async () => {
    const made = await folderOf(FILES);
    expect(await documentsOf(made, { file: join(made, '**/*.{json,csv}') })).toEqual(DOCUMENTS.slice(2));
    const several = [join(made, 'sub'), join(made, 'b.csv'), `${made}/./b.csv`, join(made, '*.gz')];
    expect(await documentsOf(made, { file: several })).toEqual(DOCUMENTS);
    // A pattern gives the same ids however many files it finds.
    expect(await documentsOf(made, { file: join(made, '*.csv') })).toEqual(DOCUMENTS.slice(2, 3));
  });

  it('is one file if it has characters of a pattern in its name', async () => {
    const made = await folderOf({ '[1].jsonl': '{}\n' });
    expect(await documentsOf(made, { file: join(made, '[1].jsonl') })).toEqual([
      { id: '1', line: 1, fields: {} },
    ]);
  });

  it('can be read from any document on', async () => {
    const made = await folderOf(FILES);
    const opened = await openInput({ file: made });
    const store = new MemoryStore(7);
    await copyInput(store, 'input', opened);
    const entries = async (cursor?: InputCursor) => {
      const found: Entry[] = [];
      const read = { ...opened.stored, idField: 'id', cursor };
      for await (const batch of readDocuments(store, 'input', read)) found.push(...batch);
      return found;
    };
    const all = await entries();
    expect(all).toHaveLength(5);
    for (const [index, { next }] of all.entries()) expect(await entries(next)).toEqual(all.slice(index + 1));
  });

  it('is refused before anything is stored, with the file and the line', async () => {
    const store = new MemoryStore();
    const refused = async (files: Record<string, string>, message: RegExp) => {
      const made = await folderOf(files);
      const error = await copy(store, 'k', { file: made }).catch((error) => error);
      expect(error).toBeInstanceOf(InputSourceError);
      expect(error.message).toMatch(message);
      expect(store.entries.size).toBe(0);
    };
    await refused({ 'a.jsonl': '{}\n', 'b.jsonl': '{}\n[]\n' }, /\/b\.jsonl:2: it must be a JSON object/);
    await refused({ 'a.jsonl': '{}\n', 'b.csv': 'x,y\n1\n' }, /\/b\.csv:2: the row must have 2 fields/);
    await refused({ 'a.json': '[{},5]' }, /\/a\.json:2: it must be a JSON object \(got a number\)/);
    await refused({ 'a.json': '{}' }, /The file .*\/a\.json must be one JSON array/);
    await refused({ 'a.csv': 'x;y\n' }, /\/a\.csv:1: the header has one column/);
    await refused({ 'a.jsonl': '{}', 'b.md': '' }, /b\.md" is unknown: its name ends in \.md/);
    await refused({}, /There is no file in ".*"\. Nothing was started/);
    await expect(openInput({ file: join(folder, '*.nope') })).rejects.toThrow(/There is no file in ".*nope"/);
    await expect(openInput({ file: [] })).rejects.toThrow(/names no file/);
    await expect(openInput({ file: 's3://bucket/*.jsonl' })).rejects.toThrow(/cannot be a pattern/);
  });
});

describe('an input with a limit', () => {
  const INPUTS = {
    'a.jsonl': '\n{"id":"0"}\n\n{"id":"1","t":"é"}\n{"id":"2"}',
    'a.json': ' [{"id":"0"}\n,{"id":"1","t":"}]"} , {"id":"2"}\n]\n',
    'a.csv': 'id,t\n0,"x\ny"\n\n1,é\n2,z',
  };

  it.each(Object.entries(INPUTS))('has its first documents: %s', async (name, content) => {
    const file = join(await mkdtemp(join(folder, 'limit-')), name);
    await writeFile(file, content);
    for (const limit of [1, 2, 3, 4]) {
      const ids = (await documentsOfInput({ file, limit })).map(({ id }) => id);
      expect(ids).toEqual(['0', '1', '2'].slice(0, limit));
    }
  });

  it('may end anywhere in a stream, and reads no further', async () => {
    let pieces = 0;
    async function* endless() {
      for (let n = 0; ; n++) {
        pieces++;
        yield Buffer.from(`"}\n{"id":"${n}`.slice(n === 0 ? 3 : 0));
      }
    }
    const store = new MemoryStore();
    await copy(store, 'k', { stream: endless(), limit: 3 });
    expect(store.text('k')).toBe('{"id":"0"}\n{"id":"1"}\n{"id":"2"}\n');
    expect(pieces).toBeLessThan(10);
  });

  it('is refused if one of them is invalid, or the limit is', async () => {
    const file = join(folder, 'limited.json');
    await writeFile(file, '[{},5,{}]');
    await copy(new MemoryStore(), 'k', { file, limit: 1 });
    await expect(copy(new MemoryStore(), 'k', { file, limit: 2 })).rejects.toThrow(
      'The input is invalid. Element 2: it must be a JSON object (got a number). Nothing was started.',
    );
    await expect(openInput({ file, limit: 0 })).rejects.toThrow(
      '`limit` must be an integer of at least 1 (got 0)',
    );
  });
});

describe('an input with a sample', () => {
  const idsAndPlaces = async (input: InputSource) =>
    (await documentsOfInput(input)).map(({ id, line }): [string, number] => [id, line]);

  it('has documents of the whole input, in their order and with their lines, the same each time', async () => {
    const made = await mkdtemp(join(folder, 'sample-'));
    const file = join(made, 'docs.jsonl');
    await writeFile(file, Array.from({ length: 1000 }, (_, n) => `{"id":"d${n}"}\n`).join(''));
    const found = await idsAndPlaces({ file, sample: 100 });
    expect(found).toHaveLength(100);
    const numbers = found.map(([id]) => Number(id.slice(1)));
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(found.map(([, line]) => line)).toEqual(numbers.map((n) => n + 1));
    // Each tenth of the input has about ten.
    for (let tenth = 0; tenth < 10; tenth++) {
      expect(numbers.filter((n) => Math.floor(n / 100) === tenth).length).toBeGreaterThan(1);
    }
    expect(await idsAndPlaces({ file, sample: 100 })).toEqual(found);
    expect(await idsAndPlaces({ file, sample: 2000 })).toHaveLength(1000);
    // In several files, the ids of documents without one name the file.
    await writeFile(join(made, 'more.csv'), 'x\n1\n');
    expect((await idsAndPlaces({ file: made, sample: 2000 })).at(-1)).toEqual([join(made, 'more.csv:2'), 2]);
  });

  it('counts elements of a JSON array as such', async () => {
    const file = join(folder, 'sampled.json');
    await writeFile(file, '[{"id":"a"},{"id":"b"}]');
    expect((await openInput({ file, sample: 1 })).stored).toEqual({ format: 'rows', unit: 'element' });
    await expect(openInput({ file, sample: 10_001 })).rejects.toThrow('from 1 to 10,000 (got 10001)');
    await expect(openInput({ file, sample: 1, limit: 1 })).rejects.toThrow(/cannot be combined/);
  });
});

describe('a stream', () => {
  it('is copied, and is JSONL by default', async () => {
    const store = new MemoryStore();
    const opened = await openInput({ stream: Readable.from([Buffer.from('{"id":'), Buffer.from('"a"}\n')]) });
    expect(opened.stored).toEqual({ format: 'jsonl' });
    await copyInput(store, 'k', opened);
    expect(store.text('k')).toBe('{"id":"a"}\n');
    const csv = await openInput({ stream: Readable.from([]), format: 'csv', delimiter: ';' });
    expect(csv.stored).toEqual({ format: 'csv', delimiter: ';' });
  });

  it('that fails leaves nothing in the store', async () => {
    const store = new MemoryStore();
    async function* failing() {
      yield Buffer.from('{}\n');
      throw new Error('the pipe broke.');
    }
    const copied = copy(store, 'k', { stream: failing() });
    await expect(copied).rejects.toThrow('The stream cannot be read: the pipe broke. Nothing was started.');
    await expect(copied).rejects.toThrow(InputSourceError);
    expect(store.entries.size).toBe(0);
  });
});
