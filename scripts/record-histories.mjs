// Records the histories of workflows as this release writes them, for test/replay:
// `node scripts/record-histories.mjs`.
//
// Run it once a release, when workflows/ is final, and commit the files. You may record again until the
// release is published, but never afterwards: its histories are then those of jobs that may still run. Needs
// only `npm run build`.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { bootstrap } from './bootstrap.mjs';
import { main, root, say } from './run.mjs';

const require = createRequire(import.meta.url);
const { History } = proto.temporal.api.history.v1;
const { version } = require('../package.json');
const out = join(root, 'test', 'replay', 'histories', version);

const template = {
  model: 'claude-haiku-5-5',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Sum up: {{text}}' }],
};
const documents = (count) =>
  Array.from({ length: count }, (_, index) => ({ id: `${index}`, text: `${index}` }));

/** The workflows to record for a scenario, if not both. Those that another scenario covers are left out. */
const RECORDED = {
  retry: { set: false },
  'found-again': { set: false },
  'presumed-lost': { set: false },
  'bad-input': { chunk: false },
  firing: { chunk: false },
  reconciled: { chunk: false },
};

/** Fields that neither workflows nor replays need. Stack traces and identities name this machine. */
const LEFT_OUT = new Set([
  ...['stackTrace', 'taskId', 'requestId', 'namespaceId', 'parentWorkflowNamespaceId'],
  ...['workerVersion', 'meteringMetadata', 'historySizeBytes', 'identity', 'links', 'retryPolicy'],
  ...['startToCloseTimeout', 'heartbeatTimeout'],
]);

/** Small jobs, one for each path of the code. Each receives the parts below and returns the id of its job. */
const scenarios = {
  async retry({ start, simulator }) {
    simulator.faults.set({
      http: [{ kind: 'status', status: 529, endpoint: 'create' }],
      requests: [{ outcome: 'overloaded_error', fraction: 0.5, times: 1 }],
    });
    return ended(await start(8));
  },
  async 'bad-input'({ start }) {
    return ended(await start(0, { input: { documents: [{ id: 'a' }] } }));
  },
  async canceled({ start, simulator, duration }) {
    duration.ms = 60_000;
    const job = await start(8, { chunkSize: 4, maxBatchesInFlight: 1 });
    await until(() => simulator.calls().retrieve > 0);
    await job.cancel();
    return ended(job);
  },
  async 'found-again'({ start, simulator }) {
    simulator.faults.set({ http: [{ kind: 'drop', when: 'after', endpoint: 'create' }] });
    return ended(await start(4));
  },
  async 'presumed-lost'({ start, simulator }) {
    simulator.faults.set({ http: [{ kind: 'drop', when: 'before', endpoint: 'create' }] });
    return ended(await start(4, { pollFloor: '10s' }));
  },
  async paused({ start, simulator }) {
    simulator.faults.set({ requests: [{ outcome: 'api_error', times: 1 }] });
    const job = await start(4);
    await until(() => simulator.calls().retrieve > 0);
    await job.pause();
    await until(async () => (await job.progress()).state === 'paused' && simulator.calls().results > 0);
    await sleep(3_000);
    await job.resume();
    return ended(job);
  },
  async adopted({ batches, anthropic }) {
    const requests = ['b', 'a'].map((custom_id) => ({
      custom_id,
      params: { ...template, messages: [{ role: 'user', content: custom_id }] },
    }));
    const { id } = await anthropic.messages.batches.create({ requests });
    return ended(await batches.adopt(id, { id: 'adopted', pollFloor: '1s' }));
  },
  async reconciled({ batches, start, simulator, client }) {
    const job = await start(4);
    await until(() => simulator.calls().retrieve > 0);
    await client.workflow.getHandle(job.id).terminate('by hand');
    for (const reconciliation of await batches.reconcile({ job: job.id })) await reconciliation.result();
    return `${job.id}/reconcile-${(await job.ref()).instance}`;
  },
  async firing({ batches, inputs }) {
    writeFileSync(
      join(inputs, 'docs.jsonl'),
      documents(4)
        .map((it) => `${JSON.stringify(it)}\n`)
        .join(''),
    );
    const spec = { template, pollFloor: '1s' };
    await batches.schedules.create({ id: 'daily', cron: '0 6 * * *', input: 'docs.jsonl', spec });
    await batches.schedules.trigger('daily');
    const id = await until(async () => (await batches.schedules.get('daily')).recent[0]?.job);
    await batches.schedules.delete('daily');
    return ended(await batches.get(id));
  },
  /** This one is last, because it registers the search attributes with the server. */
  async chunks({ start, simulator, client }) {
    const { registerSearchAttributes } = require('temporal-anthropic-batch/client');
    await registerSearchAttributes(client);
    await until(async () => (await registerSearchAttributes(client)).length === 0);
    simulator.faults.set({ http: [{ kind: 'status', status: 500, endpoint: 'retrieve' }] });
    return ended(await start(8, { chunkSize: 4, maxBatchesInFlight: 1 }));
  },
};

await main(async () => {
  await bootstrap();
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { startDevServer, temporalServer } = require('../dist/src/servers/index.js');
  const folder = mkdtempSync(join(tmpdir(), 'record-histories-'));
  const server = await startDevServer({ executable: await temporalServer() });
  try {
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    for (const [name, scenario] of Object.entries(scenarios)) {
      say(`${name} …`);
      await record(name, scenario, server.address, join(folder, name));
    }
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Runs one scenario with its own simulator, store and worker, and writes the histories of its workflows. */
async function record(name, scenario, address, folder) {
  const { AnthropicBatchPlugin } = require('temporal-anthropic-batch');
  const { BatchClient } = require('temporal-anthropic-batch/client');
  const { startSimulator } = require('temporal-anthropic-batch/simulator');
  const [store, inputs] = ['store', 'inputs'].map((part) => join(folder, part));
  mkdirSync(inputs, { recursive: true });
  const duration = { ms: 800 };
  const simulator = await startSimulator({ dir: join(folder, 'simulator'), duration: () => duration.ms });
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  // The default identity names the machine and the process.
  const client = new Client({ connection, identity: 'client' });
  const anthropic = new Anthropic({ baseURL: simulator.url, apiKey: 'test-key' });
  const worker = await Worker.create({
    connection: native,
    identity: 'worker',
    taskQueue: name,
    plugins: [new AnthropicBatchPlugin({ store, anthropic, inputs, submitGrace: '40s' })],
    workflowBundle: { codePath: join(root, 'dist', 'workflow-bundle.js') },
  });
  const running = worker.run();
  try {
    const batches = new BatchClient(client, { store, taskQueue: name });
    const start = (count, options = {}) =>
      batches.start({
        id: name,
        input: { documents: documents(count) },
        template,
        pollFloor: '1s',
        ...options,
      });
    const id = await scenario({ start, simulator, duration, client, batches, inputs, anthropic });
    const { set = true, chunk = true } = RECORDED[name] ?? {};
    if (set) await write(client, id, name);
    if (chunk) await write(client, `${id}/chunk-0`, `${name}-chunk-0`);
  } finally {
    worker.shutdown();
    await running;
    await native.close();
    await connection.close();
    await simulator.close();
  }
}

function isNoise(key, value) {
  if (LEFT_OUT.has(key)) return true;
  const empty = value?.constructor === Object && Object.keys(value).length === 0;
  return empty && !/^\d+$|EventAttributes$/.test(key);
}

/** Formats one event on each line. Child workflows are named after the workflow, so a replay needs its id. */
async function write(client, workflowId, name) {
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  const plain = History.toObject(history, { enums: String, longs: String, bytes: String });
  const { events } = JSON.parse(JSON.stringify(plain), (key, value) =>
    isNoise(key, value) ? undefined : value,
  );
  const lines = events.map((event) => JSON.stringify(event)).join(',\n');
  writeFileSync(
    join(out, `${name}.json`),
    `{"workflowId":${JSON.stringify(workflowId)},"events":[\n${lines}\n]}\n`,
  );
  say(`  ${name}.json: ${events.length} events, ${readFileSync(join(out, `${name}.json`)).length} bytes`);
}

async function ended(job) {
  await job.result().catch((error) => say(`  ${error.message}`));
  return job.id;
}

async function until(check) {
  for (const limit = Date.now() + 60_000; Date.now() < limit; await sleep(50)) {
    const value = await check();
    if (value) return value;
  }
  throw new Error(`This did not come true within a minute: ${check}`);
}
