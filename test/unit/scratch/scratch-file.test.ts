import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { expect, test } from 'vitest';
import { ScratchFile } from '../../../src/scratch/scratch-file';
import { root } from '../../support/root';
import { tempDir } from '../../support/temp-dir';

test('a scratch file has no name while it is used, so that nothing outlives the process', async () => {
  const folder = await tempDir();
  const file = await ScratchFile.create(join(folder, 'rows'));
  const before = await readdir(folder);
  expect(await file.append(Buffer.from('{"id":"a"}\n'))).toBe(0);
  expect(await file.append(Buffer.from('{"id":"b"}\n'))).toBe(11);
  expect([before, await readdir(folder)]).toEqual([[], []]);
  expect(String(await file.read(11, 10))).toBe('{"id":"b"}');
  expect(String(await file.read(0, 10))).toBe('{"id":"a"}');
  await file.close();
});

test('a scratch file that is shorter than expected is an error', async () => {
  const file = await ScratchFile.create(join(await tempDir(), 'rows'));
  await file.append(Buffer.from('{"id":"a"}\n'));
  await expect(file.read(5, 10)).rejects.toThrow('shorter than expected');
  await file.close();
});

test('a scratch file leaves no answer on the disk when the process is killed', async () => {
  const folder = await tempDir();
  const used = join(folder, 'used');
  const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2023 };
  const source = await readFile(join(root, 'src/scratch/scratch-file.ts'), 'utf8');
  await writeFile(join(folder, 'scratch-file.js'), transpileModule(source, { compilerOptions }).outputText);
  await writeFile(
    join(folder, 'join.js'),
    `const { mkdirSync } = require('node:fs');
mkdirSync(process.argv[2]);
(async () => {
  const file = await require('./scratch-file').ScratchFile.create(process.argv[2] + '/rows');
  for (let n = 0; n < 100; n++) await file.append(Buffer.from('{"id":"secret"}\\n'));
  process.send('copied');
  setInterval(() => {}, 1_000);
})();`,
  );
  const child = fork(join(folder, 'join.js'), [used], { execArgv: [] });
  expect(await once(child, 'message')).toContain('copied');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await readdir(used)).toEqual([]);
});
