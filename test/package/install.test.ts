import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json';
import { runCommand } from '../../src/servers';
import { root } from '../support/root';
import { type InstalledPackage, installPackage } from './install';

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await installPackage();
});

/** The exports that each entry must have. */
const entries = {
  'temporal-anthropic-batch': ['AnthropicBatchPlugin'],
  'temporal-anthropic-batch/client': ['BatchClient'],
  'temporal-anthropic-batch/workflows': ['anthropicDocumentSet', 'anthropicMessageBatch'],
  'temporal-anthropic-batch/simulator': ['startSimulator'],
};

/** The same program as an ES module and as CommonJS. */
const load = {
  esm: (names: string[], from: string) => `import { ${names.join(', ')} } from '${from}';`,
  cjs: (names: string[], from: string) => `const { ${names.join(', ')} } = require('${from}');`,
};

/** A file's text, with its source maps decoded. */
const withMaps = (text: string) =>
  text.replace(/(?<=;base64,)[A-Za-z0-9+/=]+/g, (map) => Buffer.from(map, 'base64').toString('utf8'));

describe('the tarball', () => {
  it('contains what users need and nothing else', () => {
    const { files } = installed;
    expect(files).toContain('dist/src/index.js');
    expect(files).toContain('dist/workflow-bundle.js');
    expect(files).toContain('README.md');
    expect(files).toContain('LICENSE');
    const other = files.filter(
      (file) =>
        !/^(dist\/(src|workflows|activities|scripts)\/|dist\/workflow-bundle\.js$|docs\/[\w-]+\.md$)/.test(
          file,
        ),
    );
    expect(files).toContain('docs/tutorial.md');
    expect(other.sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'deploy/.dockerignore',
      'deploy/Dockerfile',
      'deploy/kubernetes.yaml',
      'docs/images/temporal-ui.png',
      'package.json',
    ]);
    expect(files.filter((file) => file.includes('test'))).toEqual([]);
  });

  it('reveals nothing about the machine that built it, not even in source maps', async () => {
    const folder = join(installed.dir, 'node_modules', manifest.name);
    const texts = await Promise.all(
      installed.files.map(async (file) => ({
        file,
        text: withMaps(await readFile(join(folder, file), 'utf8')),
      })),
    );
    expect(texts.find(({ file }) => file === 'dist/workflow-bundle.js')?.text).toContain('workflows/');
    expect(texts.filter(({ text }) => text.includes(root)).map(({ file }) => file)).toEqual([]);
  });

  it('has a working command line', async () => {
    const bin = join(installed.dir, 'node_modules', '.bin', 'anthropic-batch');
    expect((await installed.run(bin, ['--version'])).trim()).toBe(manifest.version);
    const help = await installed.run(bin, ['--help']);
    for (const command of ['worker', 'start', 'status', 'results', 'simulator', 'demo']) {
      expect(help).toMatch(new RegExp(`^\\s+${command}\\b`, 'm'));
    }
  });

  it('loads the Anthropic SDK on the command line only when it is needed', async () => {
    const program = join(installed.dir, 'node_modules', manifest.name, 'dist/src/cli/program.js');
    const source = `const { run } = require(${JSON.stringify(program)});
console.log(typeof run, Object.keys(require.cache).some((file) => file.includes('@anthropic-ai')));`;
    expect((await installed.node('cjs', source)).trim()).toBe('function false');
  });
});

describe.each(['esm', 'cjs'] as const)('in a project of kind %s', (kind) => {
  it.each(Object.entries(entries))('%s loads', async (entry, names) => {
    const program = `${load[kind](names, entry)}\nconsole.log([${names.join(', ')}].map((it) => typeof it).join());`;
    expect((await installed.node(kind, program)).trim()).toBe(names.map(() => 'function').join());
  });

  it('the client loads neither the worker nor, before an estimate, the Anthropic SDK', async () => {
    const cache =
      kind === 'esm'
        ? "import { createRequire } from 'node:module';\nconst { cache } = createRequire(import.meta.url);"
        : 'const { cache } = require;';
    const program = `${load[kind](['BatchClient'], 'temporal-anthropic-batch/client')}
${cache}
const loaded = Object.keys(cache);
console.log(typeof BatchClient, loaded.length > 10, loaded.some((file) => /@temporalio.(worker|core-bridge|testing)|@anthropic-ai/.test(file)));`;
    expect((await installed.node(kind, program)).trim()).toBe('function true false');
  });

  it('the workflows can be bundled, alone and beside a user’s own, without a warning', async () => {
    await writeFile(
      join(installed.dir, kind, 'own-workflows.js'),
      kind === 'esm'
        ? `export * from 'temporal-anthropic-batch/workflows';\nexport async function own() {}\n`
        : `Object.assign(exports, require('temporal-anthropic-batch/workflows'));\nexports.own = async () => {};\n`,
    );
    const own =
      kind === 'esm'
        ? `new URL('./own-workflows.js', import.meta.url).pathname`
        : `require.resolve('./own-workflows.js')`;
    const program = `${load[kind](['AnthropicBatchPlugin'], 'temporal-anthropic-batch')}
${load[kind](['bundleWorkflowCode', 'DefaultLogger'], '@temporalio/worker')}
const said = [];
const logger = new DefaultLogger('WARN', (entry) => said.push(entry.message));
const plugins = () => [new AnthropicBatchPlugin({ store: './store' })];
async function main() {
  const alone = await bundleWorkflowCode({ plugins: plugins(), logger });
  const beside = await bundleWorkflowCode({ workflowsPath: ${own}, plugins: plugins(), logger });
  const has = (bundle, name) => bundle.code.includes(name);
  console.log(JSON.stringify([has(alone, 'anthropicDocumentSet'), has(beside, 'anthropicDocumentSet'), has(beside, 'own-workflows'), said]));
}
main();`;
    expect(JSON.parse(await installed.node(kind, program))).toEqual([true, true, true, []]);
  });

  const settings = kind === 'esm' ? ['nodenext', 'bundler'] : ['nodenext'];
  it.each(settings)('%s finds the types and accepts the SDK’s client', async (resolution) => {
    const source = `import { AnthropicBatchPlugin } from 'temporal-anthropic-batch';
import { BatchClient } from 'temporal-anthropic-batch/client';
import { startSimulator } from 'temporal-anthropic-batch/simulator';
import { anthropicDocumentSet } from 'temporal-anthropic-batch/workflows';
import Anthropic from '@anthropic-ai/sdk';
export const plugin = new AnthropicBatchPlugin({ store: 'store', anthropic: new Anthropic({ apiKey: 'key' }) });
type IsAny<T> = 0 extends 1 & T ? true : false;
export const any: [IsAny<typeof AnthropicBatchPlugin>, IsAny<typeof BatchClient>, IsAny<typeof startSimulator>, IsAny<typeof anthropicDocumentSet>] = [false, false, false, false];
`;
    const file = join(installed.dir, kind, 'types.ts');
    await writeFile(file, source);
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const types = ['--typeRoots', join(root, 'node_modules', '@types'), '--types', 'node'];
    const { code, output } = await runCommand(
      process.execPath,
      [
        tsc,
        '--ignoreConfig',
        '--noEmit',
        '--strict',
        '--skipLibCheck',
        '--target',
        'es2023',
        '--module',
        resolution === 'bundler' ? 'esnext' : resolution,
        '--moduleResolution',
        resolution,
        ...types,
        file,
      ],
      { cwd: join(installed.dir, kind), timeout: 60_000 },
    );
    expect(output).toBe('');
    expect(code).toBe(0);
  });
});
