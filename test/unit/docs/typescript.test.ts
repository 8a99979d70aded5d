import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../../package.json';
import { runCommand } from '../../../src/servers';
import { codeBlocks } from '../../support/readme';
import { root } from '../../support/root';
import { buildIfStale } from '../../support/setup';
import { tempDir } from '../../support/temp-dir';
import { markdownFiles, readMarkdown } from './markdown';

/** What code in the documents uses without making it: docs/client.md says what it is. */
const GIVEN = `import type { AnthropicBatchPlugin } from 'temporal-anthropic-batch';
import type { BatchClient, JobHandle, RequestTemplate } from 'temporal-anthropic-batch/client';
import type { Simulator } from 'temporal-anthropic-batch/simulator';
declare global {
  const batches: BatchClient;
  const job: JobHandle;
  const template: RequestTemplate;
  const plugin: AnthropicBatchPlugin;
  const simulator: Simulator;
}
`;

const blocks = markdownFiles().flatMap((file) =>
  codeBlocks(readMarkdown(file))
    .filter(({ language }) => language === 'ts')
    .map(({ code }, index) => ({ file: `${file.replace('/', '-')}-${index + 1}.ts`, code })),
);

/** A block as CommonJS, which has no `await` at the top level: what follows the imports is in a function. */
function asCommonJs(code: string): string {
  if (/^export /m.test(code)) return code;
  const [imports = ''] = /^(\/\/.*\n)?(import [^;]+;\n+)*/.exec(code) ?? [];
  return `${imports}export async function block() {\n${code.slice(imports.length)}}\n`;
}

/** The files of a kind of module. A block of an ES module may be without imports. */
const FILES = {
  esm: blocks.map(({ file, code }) => ({ file: `esm/${file}`, code: `${code}export {};\n` })),
  cjs: blocks.map(({ file, code }) => ({ file: `cjs/${file}`, code: asCommonJs(code) })),
};

let project: string;

/** Makes a project that has the package and its peers, with all files. */
beforeAll(async () => {
  await buildIfStale();
  project = await tempDir();
  const link = async (name: string, target: string) => {
    const path = join(project, 'node_modules', name);
    await mkdir(dirname(path), { recursive: true });
    await symlink(target, path, 'junction');
  };
  await link(manifest.name, root);
  for (const name of ['@anthropic-ai', '@temporalio', '@types', 'standardwebhooks', 'zod']) {
    await link(name, join(root, 'node_modules', name));
  }
  await mkdir(join(project, 'esm'));
  await mkdir(join(project, 'cjs'));
  const files = [
    { file: 'esm/package.json', code: '{"type": "module"}' },
    { file: 'cjs/package.json', code: '{"type": "commonjs"}' },
    { file: 'given.ts', code: GIVEN },
    ...FILES.esm,
    ...FILES.cjs,
  ];
  await Promise.all(files.map(({ file, code }) => writeFile(join(project, file), code)));
}, 20 * 60_000);

describe('TypeScript in the documents', () => {
  it('is found', () => {
    expect(blocks.length).toBeGreaterThan(15);
    expect(blocks.map(({ file }) => file)).toContain('README.md-4.ts');
  });

  describe.each([
    ['6', 'typescript'],
    ['7', 'typescript-7'],
  ])('is accepted by TypeScript %s', (_, compiler) => {
    it.each([
      ['ES modules and CommonJS', '--module nodenext', [...FILES.esm, ...FILES.cjs]],
      ['modules for a bundler', '--module esnext --moduleResolution bundler', FILES.esm],
    ])(
      'as %s',
      async (_, module, files) => {
        const options = `--ignoreConfig --noEmit --strict --skipLibCheck --target es2023 --types node ${module}`;
        const { code, output } = await runCommand(
          process.execPath,
          [
            join(root, 'node_modules', compiler, 'bin', 'tsc'),
            ...options.split(' '),
            'given.ts',
            ...files.map(({ file }) => file),
          ],
          { cwd: project, timeout: 150_000 },
        );
        expect(output).toBe('');
        expect(code).toBe(0);
      },
      180_000,
    );
  });
});
