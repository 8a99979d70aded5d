import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasFewDocuments } from '../../../src/cli/few';
import { tempDir } from '../../support/temp-dir';

const rows = (count: number) => Array.from({ length: count }, (_, i) => `"a\n${i}"`).join('\n');
const lines = (count: number) => '{"text":"x"}\n\n'.repeat(count);

test.each([
  ['99 lines, each with a blank one', 'jsonl', lines(99), true],
  ['100 lines', 'jsonl', lines(100), false],
  ['99 rows of two lines', 'csv', `text\n${rows(99)}\n`, true],
  ['100 rows', 'csv', `text\n${rows(100)}\n`, false],
  ['nothing', 'jsonl', '', false],
  ['what is not JSON', 'jsonl', 'x\n', false],
  ['few, but large', 'jsonl', `{"text":"${'x'.repeat(10_000_000)}"}\n`, false],
] as const)('a file of %s', async (_, format, content, few) => {
  const file = join(await tempDir(), 'docs');
  await writeFile(file, content);
  expect(await hasFewDocuments(file, { format, idField: 'id' })).toBe(few);
});
