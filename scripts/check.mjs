// `npm run check` runs everything that CI runs, the quick steps first. It ends with `npm test` and its count.
// `npm run check -- --quick` leaves out the tests.
import { bootstrap } from './bootstrap.mjs';
import { main, run, say } from './run.mjs';

const tool = (path, ...args) => [process.execPath, [`node_modules/${path}`, ...args]];

const plain = process.stdout.isTTY ? [] : ['--colors=off'];

const steps = [
  ['Format and lint', ...tool('@biomejs/biome/bin/biome', 'ci', '--error-on-warnings', ...plain)],
  [
    'Imports (dependency-cruiser)',
    ...tool(
      'dependency-cruiser/bin/dependency-cruise.mjs',
      'src',
      'workflows',
      'activities',
      'scripts',
      'examples',
    ),
  ],
  ['Plain words', process.execPath, ['scripts/prose.mjs']],
  ['Types', ...tool('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json')],
  ['Package (publint)', ...tool('publint/src/cli.js', '--strict')],
  // The package is CommonJS only. ES modules import it through Node's interop, which this profile leaves out.
  ['Package types (attw)', ...tool('@arethetypeswrong/cli/dist/index.js', '--pack', '--profile', 'node16')],
  ['Public surface (API report)', process.execPath, ['scripts/api.mjs']],
  ['Unused files, exports and dependencies (knip)', ...tool('knip/bin/knip.js')],
];

await main(async () => {
  await bootstrap();
  const failed = [];
  for (const [what, command, args] of steps) {
    say(`\n${what}`);
    if ((await run(command, args)) !== 0) failed.push(what);
  }
  if (failed.length > 0) {
    say(`\nFailed: ${failed.join('; ')}. The tests were not run.`);
    return 1;
  }
  if (process.argv.includes('--quick')) return 0;
  say('\nTests');
  return await run('npm', ['test', '--silent']);
});
