import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isBundled, loadDataConverter } from '../../../src/cli/data-converter';
import { UsageError } from '../../../src/cli/exit';
import { root } from '../../support/root';
import { tempDir } from '../../support/temp-dir';

const CODEC = '{ encode: async (p) => p, decode: async (p) => p }';

async function load(name: string, source: string) {
  const file = join(await tempDir(), name);
  await writeFile(file, source);
  return loadDataConverter(file);
}

it.each([
  ['named.mjs', `export const dataConverter = { payloadCodecs: [${CODEC}] };`],
  ['default.mjs', `export default { payloadCodecs: [${CODEC}] };`],
  ['common.cjs', `module.exports = { payloadCodecs: [${CODEC}] };`],
  ['exports.cjs', `exports.dataConverter = { payloadCodecs: [${CODEC}] };`],
])('a data converter comes from %s', async (name, source) => {
  const converter = await load(name, source);
  expect(converter.payloadCodecs).toHaveLength(1);
  expect(isBundled(converter)).toBe(false);
});

it('a converter of payloads or failures is bundled with the workflows', async () => {
  const file = join(root, 'test', 'support', 'encrypted-payloads.cjs');
  expect(isBundled(await loadDataConverter(file))).toBe(true);
  expect(isBundled(undefined)).toBe(false);
});

it.each([
  ['export const a = 1;', /exports no data converter\. Export `dataConverter`/],
  ['export const dataConverter = {};', /an empty data converter/],
  ['export const dataConverter = { codecs: [] };', /the unknown part "codecs"/],
  [
    'export const dataConverter = { payloadCodecs: [{}] };',
    /not an array of objects with `encode` and `decode`/,
  ],
  [
    'export const dataConverter = { payloadConverterPath: "./converter.js" };',
    /not an absolute path.*\(got \.\/converter\.js\)/,
  ],
  ['export const dataConverter = { failureConverterPath: "/none.js" };', /no module \(got \/none\.js\)/],
  ['throw new Error("no key")', /cannot be loaded: no key/],
])('%s is refused', async (source, message) => {
  const loaded = load('bad.mjs', source);
  await expect(loaded).rejects.toThrow(message);
  await expect(loaded).rejects.toThrow(UsageError);
});
