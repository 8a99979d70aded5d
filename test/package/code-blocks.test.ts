import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../src/servers';
import { codeBlocks } from '../support/readme';
import { root } from '../support/root';
import { tempDir } from '../support/temp-dir';
import { markdownFiles, readMarkdown } from '../unit/docs/markdown';

/** What earlier blocks of a page, or its reader, declare. A block that declares a name hides it. */
const PRELUDE = `
import type { BatchClient, JobHandle, RequestTemplate, Store } from 'temporal-anthropic-batch/client';
import type { AnthropicBatchPlugin as Plugin } from 'temporal-anthropic-batch';
import type { Simulator, startSimulator as start } from 'temporal-anthropic-batch/simulator';
declare global {
  const batches: BatchClient;
  const job: JobHandle;
  const template: RequestTemplate;
  const simulator: Simulator;
  const store: Store;
  const dir: string;
  const env: { currentTimeMs(): Promise<number> };
  const AnthropicBatchPlugin: typeof Plugin;
  const startSimulator: typeof start;
}
`;

const CONFIGURATIONS = {
  'nodenext, as an ES module': { extension: 'mts', options: ['--module', 'nodenext'] },
  'nodenext, as CommonJS': { extension: 'cts', options: ['--module', 'nodenext'] },
  bundler: { extension: 'ts', options: ['--module', 'esnext', '--moduleResolution', 'bundler'] },
};
type Configuration = keyof typeof CONFIGURATIONS;

/** The text of a block as a module. In CommonJS a function holds it, because of its `await`. */
function moduleOf(code: string, extension: string): string {
  const lines = code.split('\n');
  const isImport = /^import .* from '[^']+';$/;
  const imports = lines.filter((line) => isImport.test(line)).join('\n');
  const rest = lines.filter((line) => !isImport.test(line)).join('\n');
  if (/^export /m.test(rest)) return code;
  return extension === 'cts'
    ? `${imports}\nexport async function block() {\n${rest}\n}\n`
    : `${code}\nexport {};\n`;
}

let folder: string;

beforeAll(async () => {
  folder = await tempDir();
  await mkdir(join(folder, 'node_modules'));
  for (const name of await readdir(join(root, 'node_modules')))
    if (!name.startsWith('.'))
      await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  await symlink(root, join(folder, 'node_modules', 'temporal-anthropic-batch'));
  for (const { extension } of Object.values(CONFIGURATIONS)) {
    await mkdir(join(folder, extension));
    await writeFile(join(folder, extension, `prelude.${extension}`), PRELUDE);
  }
});

/** Writes all blocks as modules of one program. Returns their paths. */
async function writeBlocks(configuration: Configuration): Promise<string[]> {
  const { extension } = CONFIGURATIONS[configuration];
  const files = [`prelude.${extension}`];
  for (const page of markdownFiles()) {
    const blocks = codeBlocks(readMarkdown(page)).filter(({ language }) => language === 'ts');
    for (const [index, { code }] of blocks.entries()) {
      const file = `${page}-${index + 1}.${extension}`.replaceAll('/', '-');
      await writeFile(join(folder, extension, file), moduleOf(code, extension));
      files.push(file);
    }
  }
  return files;
}

const COMPILERS = [
  ['TypeScript 6', require.resolve('typescript/package.json')],
  ['TypeScript 7', require.resolve('typescript-7/package.json')],
] as const;

describe.each(COMPILERS)('%s compiles each TypeScript block of the documents', (_, manifest) => {
  it.each(Object.keys(CONFIGURATIONS) as Configuration[])('%s', async (configuration) => {
    const { extension, options } = CONFIGURATIONS[configuration];
    const files = await writeBlocks(configuration);
    expect(files.length).toBeGreaterThan(10);
    const strict = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--target', 'es2023'];
    const tsc = join(dirname(manifest), 'bin', 'tsc');
    const { code, output } = await runCommand(
      process.execPath,
      [tsc, ...strict, '--types', 'node', ...options, ...files],
      { cwd: join(folder, extension), timeout: 120_000 },
    );
    expect(output).toBe('');
    expect(code).toBe(0);
  });
});
