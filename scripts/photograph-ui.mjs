// Makes docs/images/temporal-ui.png: a job's details in Temporal's Web UI while it runs.
// `node scripts/photograph-ui.mjs` needs a Chromium or Chrome on PATH.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { bootstrap } from './bootstrap.mjs';
import { main, root, StepFailed, say } from './run.mjs';

const require = createRequire(import.meta.url);
const image = join(root, 'docs', 'images', 'temporal-ui.png');

const template = {
  model: 'claude-haiku-5-5',
  max_tokens: 200,
  messages: [{ role: 'user', content: 'Classify this review: {{text}}' }],
};

/** The first batch ends at once. The others take longer than the photograph. */
const duration = ({ number }) => (number === 0 ? 1_500 : 3_600_000);

await main(async () => {
  await bootstrap();
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { findBrowser, openPage } = require('../dist/scripts/photograph-browser.js');
  const { startDevServer, temporalServer } = require('../dist/src/servers/index.js');
  const browser = findBrowser();
  if (!browser) throw new StepFailed('There is no chromium, chromium-browser or google-chrome on PATH.');
  const folder = mkdtempSync(join(tmpdir(), 'photograph-ui-'));
  const server = await startDevServer({ executable: await temporalServer(), uiPort: 0 });
  const ends = [() => server.stop(), () => rmSync(folder, { recursive: true, force: true })];
  try {
    const url = await runningJob(server, folder, ends);
    mkdirSync(dirname(image), { recursive: true });
    const page = await openPage(browser, url, { width: 1480, height: 900 });
    ends.push(page.close);
    await until(async () => /next poll.*msgbatch_.*msgbatch_/s.test(await page.text()));
    await until(() => page.evaluate("document.fonts.status === 'loaded'"));
    // The page sets the height of a frame after drawing it, without an event.
    await sleep(1_000);
    const picture = await page.photograph();
    writeFileSync(image, picture);
    say(`${image}: ${picture.length} bytes, of ${url}`);
  } finally {
    for (const end of ends.reverse()) await end();
  }
});

/** Starts a job, waits until one batch is done and two are in progress, and returns its details' address. */
async function runningJob({ address, uiUrl }, folder, ends) {
  const { AnthropicBatchPlugin } = require('temporal-anthropic-batch');
  const { BatchClient } = require('temporal-anthropic-batch/client');
  const { startSimulator } = require('temporal-anthropic-batch/simulator');
  const store = join(folder, 'store');
  const simulator = await startSimulator({ dir: join(folder, 'simulator'), duration });
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  const anthropic = new Anthropic({ baseURL: simulator.url, apiKey: 'test-key' });
  const worker = await Worker.create({
    connection: native,
    identity: 'worker',
    taskQueue: 'anthropic-batch',
    plugins: [new AnthropicBatchPlugin({ store, anthropic })],
    workflowBundle: { codePath: join(root, 'dist', 'workflow-bundle.js') },
  });
  const running = worker.run();
  ends.push(
    () => simulator.close(),
    () => connection.close(),
    () => native.close(),
    async () => {
      worker.shutdown();
      await running;
    },
  );
  const batches = new BatchClient(new Client({ connection, identity: 'client' }), { store });
  const documents = Array.from({ length: 25_000 }, (_, index) => ({
    id: `${index}`,
    text: `Review ${index}`,
  }));
  const job = await batches.start({ id: 'reviews', input: { documents }, template, pollFloor: '5s' });
  await until(async () => {
    const { chunks, batches: bought } = await job.progress();
    return chunks.done === 1 && bought === 3;
  });
  const { runId } = await new Client({ connection }).workflow.getHandle(job.id).describe();
  return `${uiUrl}/namespaces/default/workflows/${job.id}/${runId}/user-metadata`;
}

async function until(check) {
  for (const limit = Date.now() + 60_000; Date.now() < limit; await sleep(100)) if (await check()) return;
  throw new StepFailed(`This did not come true within a minute: ${check}`);
}
