import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { csvLine } from '../../../src/cli/output/csv';
import { draw, endDrawing, printJson, say } from '../../../src/cli/output/print';
import { printable } from '../../../src/cli/output/printable';
import { rows } from '../../../src/cli/output/rows';
import { table } from '../../../src/cli/output/table';

test.each([
  ['\u001b[31mred', '\\u001b[31mred'],
  ['\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
  ['a\nb\rc\td', 'a\\nb\\rc\\td'],
  ['\u0000\u007f', '\\u0000\\u007f'],
  ['\u009b31m', '\\u009b31m'],
  ['\u202egpj.exe', '\\u202egpj.exe'],
  ['\u2066\u2069\u200e\u200f\u061c', '\\u2066\\u2069\\u200e\\u200f\\u061c'],
  ['\u2028\u2029', '\\u2028\\u2029'],
  ['half \ud83d', 'half \\ud83d'],
  ['ü قائمة 👩‍🔬', 'ü قائمة 👩‍🔬'],
])('the terminal shows %j as %s', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

const EVIL = '\u001b[2J\n\u009bforged\u202e';
const SHOWN = '\\u001b[2J\\n\\u009bforged\\u202e';
/** Characters that a terminal interprets, except the end of a line. */
const ACTING = /[\p{Cc}\p{Bidi_Control}]/u;

test('a table and rows keep one line for each row, with any characters in names', () => {
  expect(table([EVIL], [[EVIL, 'x']])).toBe(`${SHOWN}\n${SHOWN}  x\n`);
  expect(rows([['job', EVIL]])).toBe(`job  ${SHOWN}\n`);
});

let written: string[];

beforeEach(() => {
  written = [];
  const collect = (data: string | Uint8Array) => written.push(String(data)) > 0;
  vi.spyOn(process.stderr, 'write').mockImplementation(collect);
  vi.spyOn(process.stdout, 'write').mockImplementation(collect);
});

afterEach(() => vi.restoreAllMocks());

test('messages and the progress line contain no control characters', () => {
  say(`Error: ${EVIL}`);
  expect(written).toEqual(['Error: \\u001b[2J\n\\u009bforged\\u202e\n']);
  draw(EVIL);
  endDrawing();
  // Its own code clears the line.
  expect(written.slice(1).join('')).toBe(`\r\u001b[2K${SHOWN}\n`);
});

test('printed JSON contains no control characters, and has the same value', async () => {
  await printJson({ [EVIL]: EVIL });
  const text = written.join('');
  expect(text.trimEnd()).not.toMatch(ACTING);
  expect(JSON.parse(text)).toEqual({ [EVIL]: EVIL });
});

test.each([
  [['=1+1', 1], "'=1+1,1\n"],
  [['+1', '-1', '@SUM(A1)'], "'+1,'-1,'@SUM(A1)\n"],
  [['\t=1', '\r=1', '\n=1'], `"'\t=1","'\r=1","'\n=1"\n`],
  [['＝1', 'a=1', "'=1"], "'＝1,a=1,'=1\n"],
  [['=HYPERLINK("http://x","y")'], `"'=HYPERLINK(""http://x"",""y"")"\n`],
  [['a;=1', 'b\t=1'], '"a;=1","b\t=1"\n'],
])('the CSV of %j contains no formula', (cells, line) => {
  expect(csvLine(cells)).toBe(line);
});
