import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Client, type DataConverter } from '@temporalio/client';
import { FileStore, StoreError } from 'temporal-anthropic-batch';
import {
  BatchClient,
  deleteStored,
  type JobSummary,
  readResults,
  ScheduleError,
  writeDocuments,
  writeJobSpec,
} from 'temporal-anthropic-batch/client';
import { expect, test } from 'vitest';
import { runCli, spawnWorker } from '../support/cli';
import { eventually } from '../support/eventually';
import { collect, expectBilledOnce } from '../support/job-checks';
import { documents, type JobWorld, jobWorld, runWorker } from '../support/job-world';
import { root } from '../support/root';
import { storeWith } from '../support/store-with';
import { tempDir } from '../support/temp-dir';
import { TEMPLATE } from '../support/template';
import { webhookServer } from '../support/webhook-server';

const HOUR = 3_600_000;
const converterModule = join(root, 'test', 'support', 'encrypted-payloads.cjs');
const { dataConverter } = createRequire(__filename)(converterModule) as { dataConverter: DataConverter };

/** What a client without the converter cannot read. */
const UNDECODED =
  /What the workflow "[^"]+" reported cannot be decoded \(Unknown encoding: binary\/encrypted\)\. .*--data-converter MODULE/;

/** A world whose client encrypts, beside one that does not. */
interface Encrypted extends JobWorld {
  /** A client without the converter. */
  plain: BatchClient;
  plainWarnings: string[];
  /** Runs a command without the converter, unless it is given. */
  cli(args: string[], env?: NodeJS.ProcessEnv): ReturnType<typeof runCli>;
}

async function encrypted(options: Parameters<typeof jobWorld>[0] = {}): Promise<Encrypted> {
  const world = await jobWorld(options);
  const { store, taskQueue, server, warnings } = world;
  const client = new Client({
    connection: world.client.connection,
    namespace: server.namespace,
    dataConverter,
  });
  const onWarning = (message: string) => warnings.push(message);
  const batches = new BatchClient(client, { store, taskQueue, onWarning });
  const plainWarnings: string[] = [];
  return {
    ...world,
    client,
    batches,
    start: ({ input, ...spec }) =>
      batches.start({ template: TEMPLATE, pollFloor: '1s', pollCeiling: '2s', ...spec, input } as never),
    plain: new BatchClient(world.client, {
      store,
      taskQueue,
      onWarning: (message) => plainWarnings.push(message),
    }),
    plainWarnings,
    cli: (args, env) =>
      runCli([...args, '--store', store, '--task-queue', taskQueue], { env: { ...server.env, ...env } }),
  };
}

/** Runs a worker of the package's workflows, bundled with the converter of failures. */
const work = (world: JobWorld, ...[plugin, options]: [Parameters<typeof runWorker>[1]?, object?]) =>
  runWorker(world, plugin, { dataConverter, workflowBundle: undefined, ...options });

const stateOf = (list: string, id: string) => new RegExp(`^${id} +(\\S+)`, 'm').exec(list)?.[1];

test.concurrent('an encrypted job runs with the worker of the command line, and no payload of it is readable', async () => {
  const world = await encrypted();
  const { server, store, taskQueue, simulator, client } = world;
  await spawnWorker({
    server,
    store,
    taskQueue,
    anthropicBaseUrl: simulator.url,
    args: ['--data-converter', converterModule],
  });
  const job = await world.start({ input: { documents: documents(25) }, chunkSize: 10 });
  const summary = await job.result();
  expect(summary).toMatchObject({ state: 'completed', succeeded: 25, chunks: 3 });
  await expectBilledOnce(simulator, summary);
  for (const id of [job.id, `${job.id}/chunk-1`]) {
    const { events } = await client.workflow.getHandle(id).fetchHistory();
    const encodings = new Set(JSON.stringify(events).match(/(?<="encoding":")[^"]*/g));
    expect([...encodings].map((base64) => Buffer.from(base64, 'base64').toString())).toEqual([
      'binary/encrypted',
    ]);
  }
  expect(world.warnings).toEqual([]);
});

test.concurrent('one encrypted job leaves the commands for all others, and those for itself, in order', async () => {
  const world = await encrypted({ duration: HOUR });
  await work(world);
  const job = await world.start({ id: 'secret', input: { documents: documents(20) }, chunkSize: 10 });
  await eventually(async () => (await job.progress()).batches === 2);
  // A job whose client does not encrypt. The worker decodes both.
  await eventually(async () => (await collect(world.batches.list())).length === 1);
  await world.plain.start({ id: 'open', input: { documents: documents(2) }, template: TEMPLATE });
  expect(world.plainWarnings).toEqual([
    expect.stringMatching(
      /^The payloads of the job "open" may not be encrypted: the job "secret" .*--data-converter/,
    ),
  ]);

  const listed = await eventually(async () => {
    const found = await world.cli(['list']);
    return stateOf(found.stdout, 'open') && stateOf(found.stdout, 'secret') ? found : undefined;
  });
  expect(listed.code).toBe(0);
  expect(stateOf(listed.stdout, 'secret')).toBe('running');
  expect(listed.stderr).toMatch(UNDECODED);

  const status = await world.cli(['status', 'secret', '--json']);
  expect(status.code).toBe(0);
  expect(status.stderr).toMatch(UNDECODED);
  expect(JSON.parse(status.stdout)).toMatchObject({
    state: 'running',
    documents: 20,
    chunks: { planned: 2, running: 2, done: 0 },
  });
  const decoded = await world.cli(['status', 'secret', '--json'], {
    TEMPORAL_ANTHROPIC_BATCH_DATA_CONVERTER: converterModule,
  });
  expect(decoded.stderr).toBe('');
  expect(JSON.parse(decoded.stdout)).toMatchObject({ state: 'running', batches: 2 });
  const wrongKey = await world.cli(['status', 'secret', '--data-converter', converterModule], {
    TEST_PAYLOAD_KEY: 'another key',
  });
  expect(wrongKey.code).toBe(0);
  expect(wrongKey.stderr).toMatch(
    /What the workflow "secret" reported cannot be decoded \(.*authenticate data/,
  );

  expect((await world.cli(['pause', 'secret'])).code).toBe(0);
  expect(stateOf((await world.cli(['list'])).stdout, 'secret')).toBe('paused');
  expect(await job.progress()).toMatchObject({ state: 'paused' });
  expect((await world.cli(['resume', 'secret'])).code).toBe(0);
  const reset = await world.cli(['reset', 'secret']);
  expect(reset.stderr).toMatch('No workflow of the job "secret" is stuck');
  expect((await world.cli(['reconcile', '--job', 'secret'])).stderr).toMatch(
    'is running, so there is nothing',
  );
  expect((await world.cli(['delete', 'secret', '--force', '--yes'])).stderr).toMatch('it is running');
  expect((await world.cli(['cancel', 'secret'])).code).toBe(0);

  const watched = await world.cli(['status', 'secret', '--watch']);
  expect(watched.code).toBe(5);
  expect(watched.stdout).toMatch(/^state +canceled$/m);
  const results = await world.cli(['results', 'secret']);
  expect(results.stdout.trim().split('\n')).toHaveLength(20);
});

test.concurrent('a client without the converter gets summary, failure and retried steps as far as the store has them', async () => {
  const world = await encrypted();
  let broken = true;
  const files = new FileStore(world.store);
  const store = storeWith(files, {
    put: async (key, ...rest) => {
      if (broken && key.endsWith('/results/000000.jsonl'))
        throw new StoreError(`The disk of ${key} is on strike.`, key);
      return files.put(key, ...rest);
    },
  });
  await work(world, { store });
  const job = await world.start({ input: { documents: documents(3) } });
  const [step] = await eventually(async () => {
    const steps = await job.retrying();
    return steps.length > 0 && steps;
  });
  expect(step).toMatchObject({
    step: 'anthropicFinishChunk',
    failure: expect.stringMatching(/is on strike\.$/),
  });
  const unread = await world.plain.get(job.id);
  expect(await unread.retrying()).toMatchObject([
    {
      step: 'anthropicFinishChunk',
      failure: expect.stringMatching(/^The message could not be decoded \(Unknown/),
    },
  ]);
  broken = false;
  expect(await unread.result()).toMatchObject({ state: 'completed', succeeded: 3 });
  expect(await collect(unread.results())).toHaveLength(3);
  expect(await unread.progress()).toMatchObject({ state: 'completed', succeeded: 3 });

  const failing = await world.start({ input: { documents: [...documents(1), ...documents(1)] } });
  for (const batches of [world.batches, world.plain]) {
    await expect((await batches.get(failing.id)).result()).rejects.toMatchObject({
      message: expect.stringContaining('"doc-0"'),
      type: 'anthropic.DuplicateId',
    });
  }
});

test.concurrent('a terminated encrypted job is reconciled by a client without the converter', async () => {
  const world = await encrypted({ duration: HOUR });
  await work(world);
  const job = await world.start({ id: 'cut', input: { documents: documents(4) }, chunkSize: 2 });
  await eventually(async () => (await job.progress()).batches === 2);
  await world.client.workflow.getHandle('cut').terminate('by hand');
  const reconciled = await world.cli(['reconcile', '--job', 'cut', '--cancel']);
  expect(reconciled.code).toBe(0);
  expect(reconciled.stderr).toMatch(/Reconciling cut \(instance \S+, TERMINATED\)/);
  expect(await job.summary()).toMatchObject({ documents: 4 });
});

test.concurrent('a schedule of an encrypted namespace starts jobs, and only its settings need the converter', async () => {
  const world = await encrypted();
  const inputs = await tempDir();
  await mkdir(join(inputs, 'docs'));
  await writeFile(join(inputs, 'docs', 'all.jsonl'), '{"id":"one","text":"one"}\n');
  await work(world, { inputs });
  const { schedules } = world.batches;
  const spec = { template: TEMPLATE, pollFloor: '1s' };
  await schedules.create({
    id: 'nightly',
    cron: '30 0 * * *',
    input: 'docs/all.jsonl',
    spec,
    startPaused: true,
  });
  expect((await world.cli(['schedule', 'list'])).stdout).toMatch(/^nightly +paused/m);
  const id = await world.plain.schedules.trigger('nightly');
  expect(await (await world.batches.get(id!)).result()).toMatchObject({ state: 'completed', succeeded: 1 });
  expect(await (await world.plain.get(id!)).result()).toMatchObject({ state: 'completed', succeeded: 1 });

  await eventually(async () => (await collect(world.batches.list())).length === 1);
  await world.plain.schedules.create({
    id: 'open',
    every: '1h',
    input: 'docs/all.jsonl',
    spec,
    startPaused: true,
  });
  expect(world.plainWarnings).toContainEqual(
    expect.stringContaining('The payloads of the schedule "open" may not be encrypted'),
  );

  await expect(world.plain.schedules.get('nightly')).rejects.toThrow(ScheduleError);
  await expect(world.plain.schedules.update('nightly', { every: '1h' })).rejects.toThrow(
    /cannot be decoded \(Unknown encoding: binary\/encrypted\).*--data-converter/,
  );
  await schedules.update('nightly', { every: '1h' });
  expect((await schedules.get('nightly')).record).toMatchObject({ when: { every: 3_600_000 } });
  expect((await world.cli(['schedule', 'delete', 'nightly'])).code).toBe(0);
});

test.concurrent('a webhook of an encrypted job is called, and why a call failed needs the converter', async () => {
  const down = await webhookServer(...Array(100).fill(503));
  const up = await webhookServer();
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const world = await encrypted();
  await work(world, { webhooks: { down: { url: down.url, secret }, up: { url: up.url, secret } } });
  const endWith = async (webhook: string) => {
    const job = await world.start({ input: { documents: documents(1) }, onComplete: { webhook } });
    await job.result();
    return { job, unread: await world.plain.get(job.id) };
  };
  const called = await endWith('up');
  await eventually(async () => (await called.unread.onComplete())?.state === 'completed');
  expect(up.calls).toHaveLength(1);

  const { job, unread } = await endWith('down');
  await eventually(async () => {
    expect(await job.onComplete()).toMatchObject({
      failure: 'The webhook down refused the call (HTTP 503).',
    });
    return true;
  });
  expect(await unread.onComplete()).toMatchObject({
    state: 'running',
    failure: expect.stringMatching(/^The message could not be decoded \(Unknown/),
  });
});

test.concurrent('a workflow of an encrypted namespace runs a job as its child', async () => {
  const world = await encrypted();
  const { store, client, taskQueue } = world;
  const activities = {
    load: (_: string, count: number) => writeDocuments(store, documents(count)),
    loadSpec: (given: Parameters<typeof writeJobSpec>[1]) => writeJobSpec(store, given),
    forget: (ref: Parameters<typeof deleteStored>[1]) => deleteStored(store, ref),
    answers: async (summary: JobSummary) => (await collect(readResults(store, summary))).length,
  };
  const workflowsPath = join(root, 'test', 'server', 'parents', 'workflows.mjs');
  await work(world, {}, { workflowsPath, activities });
  const spec = { template: TEMPLATE, pollFloor: '1s', pollCeiling: '2s', chunkSize: 2 };
  const { summary, answers } = await client.workflow.execute('summarize', {
    workflowId: 'parent',
    taskQueue,
    args: ['one', 5, { spec, name: 'tickets' }],
  });
  expect(summary).toMatchObject({ state: 'completed', documents: 5, succeeded: 5 });
  expect(answers).toBe(5);
  expect(await (await world.plain.get(summary.job.id)).result()).toMatchObject({ succeeded: 5 });
});
