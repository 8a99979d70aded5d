import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { expect, test } from 'vitest';
import { ScratchFile } from '../../../activities/runtime/scratch-file';
import { root } from '../../support/root';
import { tempDir } from '../../support/temp-dir';

const ROWS = '{"id":"a"}\n\n{"id":"b"}\n';

async function* bytes() {
  yield Buffer.from(ROWS);
}

test('a copy of rows is read in any order', async () => {
  const places: [number, number][] = [];
  const file = await ScratchFile.copy(bytes(), join(await tempDir(), 'rows'), ({ start, bytes: row }) =>
    places.push([start, row.length]),
  );
  const rows = [];
  for (const [start, length] of places.reverse()) rows.push(String(await file.read(start, length)));
  expect(rows).toEqual(['{"id":"b"}', '{"id":"a"}']);
  await file.close();
});

test('a copy of rows has no name while it is used, so that nothing outlives the process', async () => {
  const folder = await tempDir();
  const during: string[][] = [];
  const source = async function* () {
    during.push(await readdir(folder));
    yield* bytes();
    during.push(await readdir(folder));
  };
  const file = await ScratchFile.copy(source(), join(folder, 'rows'), () => {});
  expect([...during, await readdir(folder)]).toEqual([[], [], []]);
  expect(String(await file.read(0, 10))).toBe('{"id":"a"}');
  await file.close();
});

test('a copy of rows leaves no answer on the disk when the process is killed', async () => {
  const folder = await tempDir();
  const used = join(folder, 'used');
  const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2023 };
  const compile = async (source: string, change: (text: string) => string = (text) => text) => {
    const text = await readFile(join(root, source), 'utf8');
    return transpileModule(change(text), { compilerOptions }).outputText;
  };
  await writeFile(join(folder, 'split.js'), await compile('src/lines/split.ts'));
  const scratch = await compile('activities/runtime/scratch-file.ts', (text) =>
    text.replace('../../src/lines/split', './split'),
  );
  await writeFile(join(folder, 'scratch-file.js'), scratch);
  await writeFile(
    join(folder, 'join.js'),
    `const { mkdirSync } = require('node:fs');
mkdirSync(process.argv[2]);
const rows = async function* () { for (let n = 0; n < 100; n++) yield Buffer.from('{"id":"secret"}\\n'); };
require('./scratch-file').ScratchFile.copy(rows(), process.argv[2] + '/rows', () => {}).then(() => {
  process.send('copied');
  setInterval(() => {}, 1_000);
});`,
  );
  const child = fork(join(folder, 'join.js'), [used], { execArgv: [] });
  expect(await once(child, 'message')).toContain('copied');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await readdir(used)).toEqual([]);
});
