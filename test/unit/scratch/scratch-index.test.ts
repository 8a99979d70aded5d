import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import type { Line } from '../../../src/lines/split';
import { withScratchDir } from '../../../src/scratch/scratch-dir';
import { ScratchIndex } from '../../../src/scratch/scratch-index';

async function* bytes(text: string) {
  // Pieces end in the middle of lines.
  for (let at = 0; at < text.length; at += 7) yield Buffer.from(text.slice(at, at + 7));
}

/** Chooses every line, under its own number. */
const byNumber = ({ start, bytes: { length }, bytes: line }: Line) => ({
  number: Number(line.toString().slice(0, 1)),
  start,
  length,
});

const found = async (index: ScratchIndex, ...numbers: number[]) =>
  Promise.all(numbers.map(async (number) => (await index.find(number))?.toString()));

test('copied lines are found by number, in any order', () =>
  withScratchDir(async (scratch) => {
    const index = new ScratchIndex(scratch, 5);
    await index.copy(bytes('3 three\n\n1 one\n4 four'), byNumber);
    expect(await found(index, 1, 4, 3, 0, 2)).toEqual(['1 one', '4 four', '3 three', undefined, undefined]);
    expect([0, 1, 2, 3, 4].map((number) => index.has(number))).toEqual([false, true, false, true, true]);
  }));

test('of lines with the same number the last is found, also from another stream', () =>
  withScratchDir(async (scratch) => {
    const index = new ScratchIndex(scratch, 5);
    await index.copy(bytes('1 one\n2 two\n1 once more\n'), byNumber);
    await index.copy(bytes('2 two again\n'), byNumber);
    expect(await found(index, 1, 2)).toEqual(['1 once more', '2 two again']);
  }));

test('lines that are not chosen are not found, and a part of a line can be', () =>
  withScratchDir(async (scratch) => {
    const index = new ScratchIndex(scratch, 5);
    await index.copy(bytes('[1,"one"]\n[2,"two"]\n'), (line) =>
      line.start === 0 ? { number: 1, start: 3, length: 5 } : undefined,
    );
    expect(await found(index, 1, 2)).toEqual(['"one"', undefined]);
  }));

test('lines are added one by one, and taken over from an index of the same folder', () =>
  withScratchDir(async (scratch) => {
    const whole = new ScratchIndex(scratch, 5);
    const other = new ScratchIndex(scratch, 5);
    await whole.add(1, Buffer.from('one'));
    await whole.add(2, Buffer.from('two'));
    await other.copy(bytes('1 uno\n3 tre\n'), byNumber);
    for (const number of [1, 3, 4]) whole.take(number, other);
    expect(await found(whole, 1, 2, 3, 4)).toEqual(['1 uno', 'two', '3 tre', undefined]);
    whole.take(2);
    expect(await found(whole, 2)).toEqual([undefined]);
  }));

test('the folder is removed and its files are closed, however the work ends', async () => {
  const work = withScratchDir(async (scratch) => {
    const index = new ScratchIndex(scratch, 5);
    await index.add(1, Buffer.from('one'));
    throw Object.assign(new Error('the work failed'), { index, name: basename(scratch.path) });
  });
  const error = await work.catch((thrown) => thrown);
  expect(error.message).toBe('the work failed');
  await expect(error.index.find(1)).rejects.toThrow(/closed/);
  expect(await readdir(tmpdir())).not.toContain(error.name);
});
