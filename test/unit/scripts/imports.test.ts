import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cruise, type IConfiguration } from 'dependency-cruiser';
import { beforeAll, expect, test } from 'vitest';
import { tempDir } from '../../support/temp-dir';

const rules: IConfiguration = createRequire(__filename)('../../../.dependency-cruiser.cjs');

// Each file has one import. `undefined`: it is allowed.
const FILES: [what: string, file: string, line: string, rule: string | undefined][] = [
  ['a chunk imports what workflows share', 'workflows/chunk/a.ts', "'../common/x'", undefined],
  ['a chunk imports the pool', 'workflows/chunk/b.ts', "'../pool/x'", 'folders/workflows-chunk'],
  ['a workflow imports types of activities', 'workflows/common/a.ts', "type '../../activities/x'", undefined],
  [
    'a workflow imports an activity',
    'workflows/common/b.ts',
    "'../../activities/x'",
    'folders/workflows-common-types',
  ],
  ['a workflow imports a Node module', 'workflows/job/a.ts', "'node:fs'", 'sandbox'],
  ['a workflow imports the client package', 'workflows/job/b.ts', "'@temporalio/client'", 'sandbox'],
  ['a workflow imports its own package', 'workflows/job/c.ts', "'@temporalio/workflow'", undefined],
  ['the store imports records', 'src/store/a.ts', "'../records/x'", 'folders/src-store'],
  ['records import the store', 'src/records/a.ts', "'../store/x'", undefined],
  ['a pure folder imports a package', 'src/job/a.ts', "'ms'", 'pure'],
  ['a step loads the Anthropic SDK', 'activities/batch/a.ts', "'@anthropic-ai/sdk'", 'anthropic-sdk'],
  [
    'a step imports types of the Anthropic SDK',
    'activities/batch/b.ts',
    "type '@anthropic-ai/sdk'",
    undefined,
  ],
  ['a step imports the client', 'activities/live/a.ts', "'@temporalio/client'", 'activities'],
  ['the client loads the worker', 'src/client/a.ts', "'@temporalio/worker'", 'temporal-worker'],
  ['the simulator imports the product', 'src/simulator/a.ts', "'../job/x'", 'folders/src-simulator'],
  [
    'the simulator imports the root of errors',
    'src/simulator/b.ts',
    "'../errors/x'",
    'folders/src-simulator',
  ],
  ['a store imports the command line', 'src/store/b.ts', "'../cli/x'", 'command-line-on-top'],
  ['the package imports a script', 'src/cli/a.ts', "'../../scripts/x'", 'scripts-and-tests'],
  ['a new folder has no row', 'src/new/a.ts', "'../store/x'", 'a-folder-for-each-file'],
];

let found: Map<string, Set<string>>;

beforeAll(async () => {
  const folder = await tempDir();
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  for (const [, file, line] of FILES) {
    const [, type = '', target = ''] = /^(type )?'(.*)'$/.exec(line) ?? [];
    await write(file, `import ${type}{ x } from '${target}';\nexport const a: typeof x = null;\n`);
    if (target.startsWith('.')) await write(`${join(dirname(file), target)}.ts`, 'export const x = 1;\n');
  }
  await write('node_modules/@anthropic-ai/sdk/package.json', '{"main":"x.js"}');
  await write('node_modules/@anthropic-ai/sdk/x.js', '');
  await write('src/client.ts', "export * from './client/b';\n");
  await write('src/client/b.ts', "export * from '../../activities/x';\n");
  const options = { ...rules.options, tsConfig: undefined, baseDir: folder, validate: true };
  const { output } = await cruise(['src', 'workflows', 'activities'], {
    ...options,
    ruleSet: { forbidden: rules.forbidden },
  });
  if (typeof output === 'string') throw new Error(output);
  found = new Map();
  for (const { from, rule } of output.summary.violations) {
    found.set(from, (found.get(from) ?? new Set()).add(rule.name));
  }
});

test.each(FILES)('%s', (_, file, __, rule) => {
  const names = [...(found.get(file) ?? [])];
  if (rule === undefined) expect(names).toEqual([]);
  else expect(names).toContain(rule);
});

test('the client reaches an activity', () => {
  expect([...(found.get('src/client.ts') ?? [])]).toContain('client-loads-no-worker');
});
