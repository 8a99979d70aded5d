import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findFiles } from '../../../src/client/start/find-files';
import { tempDir } from '../../support/temp-dir';

test('the same file under two names is refused, because its documents would be paid for twice', async () => {
  const dir = await tempDir();
  const file = join(dir, 'a.jsonl');
  await writeFile(file, '{"text":"x"}\n');
  await symlink('a.jsonl', join(dir, 'latest.jsonl'));
  await expect(findFiles([file, join(dir, 'latest.jsonl')])).rejects.toThrow(
    /are the same file\. Name it once/,
  );
  expect((await findFiles([file, join(dir, '.', 'a.jsonl')])).files).toHaveLength(1);
});

test('a folder is read without the links in it', async () => {
  const dir = join(await tempDir(), 'docs');
  await mkdir(join(dir, 'below'), { recursive: true });
  await writeFile(join(dir, 'below', 'a.txt'), 'x');
  await symlink(dir, join(dir, 'loop'));
  const { files } = await findFiles(dir);
  expect(files.map(({ name }) => name)).toEqual([join(dir, 'below', 'a.txt')]);
});
