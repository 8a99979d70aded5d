// Records the histories of all workflows as this version writes them, for test/replay:
// `node scripts/record-histories.mjs`, or with names of scenarios to record only these. It takes a few
// minutes. CONTRIBUTING.md says when to run it. histories/scenarios.mjs lists what is recorded.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { bootstrap } from './bootstrap.mjs';
import { main, root, StepFailed, say } from './run.mjs';

const require = createRequire(import.meta.url);
const { version } = require('../package.json');
const out = join(root, 'test', 'replay', 'histories', version);

/** Scenarios at a time. They mostly wait for timers. */
const AT_ONCE = 4;

await main(async () => {
  await bootstrap();
  // Loaded after the build, which they need.
  const { scenarios } = await import('./histories/scenarios.mjs');
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !scenarios[name]);
  if (unknown.length > 0) throw new StepFailed(`Unknown scenarios: ${unknown.join(', ')}.`);
  if (names.length === 0) rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await recordAll(names.length === 0 ? Object.keys(scenarios) : names, scenarios);
});

async function recordAll(names, scenarios) {
  const { startDevServer, temporalServer } = require('../dist/src/servers/index.js');
  const { forEachConcurrent } = require('../dist/src/job/for-each-concurrent.js');
  const { SEARCH_ATTRIBUTES } = require('../dist/src/job/names.js');
  const { withWorld } = await import('./histories/world.mjs');
  const { writeHistories } = await import('./histories/write.mjs');
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
  });
  const folder = mkdtempSync(join(tmpdir(), 'record-histories-'));
  const server = await startDevServer({
    executable: await temporalServer(),
    searchAttributes: Object.fromEntries(Object.values(SEARCH_ATTRIBUTES).map((name) => [name, 'Keyword'])),
  });
  try {
    await forEachConcurrent(AT_ONCE, names, async (name) => {
      const parts = { name, address: server.address, folder: join(folder, name) };
      await withWorld(parts, async (world) => {
        await scenarios[name](world);
        const { histories, bytes } = await writeHistories(world, join(out, `${name}.json.gz`));
        say(`${name}: ${histories} histories, ${bytes} bytes`);
      });
    });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
