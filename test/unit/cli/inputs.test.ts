import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { run } from '../../../src/cli/program';
import { makeFifo } from '../../support/fifo';
import { tempDir } from '../../support/temp-dir';
import { TEMPLATE } from '../../support/template';

afterEach(() => vi.restoreAllMocks());

/** Runs a command with files in place of `FIFO`, `INPUT` and `TEMPLATE`. */
async function command(...words: string[]) {
  const folder = await tempDir();
  const files = {
    FIFO: join(folder, 'fifo'),
    INPUT: join(folder, 'in.jsonl'),
    TEMPLATE: join(folder, 't.json'),
  };
  await makeFifo(files.FIFO);
  await writeFile(files.INPUT, '{"text":"x"}\n');
  await writeFile(files.TEMPLATE, JSON.stringify(TEMPLATE));
  const said: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((data) => said.push(String(data)) > 0);
  const code = await run(words.map((word) => files[word as keyof typeof files] ?? word));
  return { code, err: said.join('') };
}

const SCHEDULE = ['schedule', 'create', 'nightly', '--cron', '0 1 * * *', '--input', 'x.jsonl'];

test.each([
  ['an input', ['start', 'FIFO', '--template', 'TEMPLATE'], 'The input file'],
  ['an input to estimate', ['estimate', 'FIFO', '--template', 'TEMPLATE'], 'The input file'],
  ['a template', ['start', 'INPUT', '--template', 'FIFO'], 'The template'],
  ["a schedule's template", [...SCHEDULE, '--template', 'FIFO'], 'The template'],
  ['a price list', ['start', 'INPUT', '--template', 'TEMPLATE', '--prices', 'FIFO'], 'The price list'],
  [
    'a price list of the formula',
    [
      'estimate',
      '--requests',
      '1',
      '--input-tokens',
      '1',
      '--output-tokens',
      '1',
      '--model',
      'm',
      '--prices',
      'FIFO',
    ],
    'The price list',
  ],
])('%s that is a FIFO is refused without waiting', async (_, words, what) => {
  const { code, err } = await command(...words);
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(new RegExp(`^Error: ${what} .*cannot be read: it is a FIFO, not a regular file`)),
  ]);
});
