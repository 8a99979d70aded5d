import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputSourceError } from '../../../src/client/errors';
import { checkInput, copyInput, inputFormat } from '../../../src/client/start/input';
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
      copyInput(new MemoryStore(), 'input.jsonl', { file: join(folder, 'fifo') }),
    ).rejects;
    await copied.toThrow(/a FIFO/);
    await copied.toThrow(InputSourceError);
    await expect(checkInput({ file: '/dev/zero' })).rejects.toThrow(/it is a device/);
    await expect(checkInput({} as never)).rejects.toThrow(/`input` must be \{file: /);
    await expect(checkInput({ documents: {} as never })).rejects.toThrow(InputSourceError);
  });

  it('has the format of its name by default', () => {
    expect(inputFormat({ file: 'a.csv' })).toBe('csv');
    expect(inputFormat({ file: 'a.CSV' })).toBe('csv');
    expect(inputFormat({ file: 'a.txt' })).toBe('jsonl');
    expect(inputFormat({ file: 'a.txt', format: 'csv' })).toBe('csv');
    expect(inputFormat({ documents: [] })).toBe('jsonl');
  });
});
