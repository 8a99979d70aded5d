import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { countFewDocuments } from '../../../src/cli/small-job-advice';
import { openInput } from '../../../src/client/start/input';
import { tempDir } from '../../support/temp-dir';

const rows = (count: number) => Array.from({ length: count }, (_, i) => `"a\n${i}"`).join('\n');
const lines = (count: number) => '{"text":"x"}\n\n'.repeat(count);

test('a gzipped file', async () => {
  const file = join(await tempDir(), 'docs.jsonl.gz');
  await writeFile(file, gzipSync(lines(5)));
  expect(await countFewDocuments(await openInput({ file }), 'id')).toBe(5);
});

test.each([
  ['99 lines, each with a blank one', 'jsonl', lines(99), 99],
  ['100 lines', 'jsonl', lines(100), undefined],
  ['99 rows of two lines', 'csv', `text\n${rows(99)}\n`, 99],
  ['100 rows', 'csv', `text\n${rows(100)}\n`, undefined],
  ['nothing', 'jsonl', '', 0],
  ['what is not JSON', 'jsonl', 'x\n', undefined],
  ['few, but large', 'jsonl', `{"text":"${'x'.repeat(10_000_000)}"}\n`, undefined],
] as const)('a file of %s', async (_, format, content, few) => {
  const file = join(await tempDir(), 'docs');
  await writeFile(file, content);
  expect(await countFewDocuments(await openInput({ file, format }), 'id')).toBe(few);
});
