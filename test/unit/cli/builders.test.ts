import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadBuilders } from '../../../src/cli/builders';
import { UsageError } from '../../../src/cli/exit';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'builders-'));
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ['named.mjs', 'export const one = () => 1; export const text = "no function";'],
  ['builders.mjs', 'export const builders = { one: () => 1 };'],
  ['default.mjs', 'export default { one: () => 1 };'],
  ['common.cjs', 'module.exports = { one: () => 1 };'],
  ['exports.cjs', 'exports.builders = { one: () => 1 };'],
])('builders come from %s', async (name, source) => {
  const file = join(folder, name);
  await writeFile(file, source);
  const builders = await loadBuilders(file);
  expect(Object.keys(builders)).toEqual(['one']);
});

it('a module without functions, or a missing one, is named in the error', async () => {
  await writeFile(join(folder, 'empty.mjs'), 'export const a = 1;');
  await expect(loadBuilders(join(folder, 'empty.mjs'))).rejects.toThrow(/empty\.mjs exports no function/);
  await expect(loadBuilders(join(folder, 'none.mjs'))).rejects.toThrow(UsageError);
  await expect(loadBuilders('no-such-package-of-builders')).rejects.toThrow(
    /no-such-package-of-builders cannot be loaded/,
  );
});
