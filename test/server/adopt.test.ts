import Anthropic from '@anthropic-ai/sdk';
import {
  JobCanceledError,
  JobExistsError,
  JobFailedError,
  OptionError,
} from 'temporal-anthropic-batch/client';
import { beforeAll, expect, test } from 'vitest';
import { runCli, spawnWorker } from '../support/cli';
import { eventually } from '../support/eventually';
import { checkedResults, collect } from '../support/job-checks';
import { documents, type JobWorld, jobWorld, runWorker } from '../support/job-world';
import { paramsOf } from '../support/template';

const HOUR = 3_600_000;

let world: JobWorld;

beforeAll(async () => {
  world = await jobWorld({ duration: ({ size }) => (size === 1 ? HOUR : 300) });
  await runWorker(world);
});

/** A batch of another tool. A batch of a single request runs for an hour. */
async function otherTool(ids: string[], { simulator } = world): Promise<string> {
  const client = new Anthropic({ baseURL: simulator.url, apiKey: 'test-key' });
  const requests = ids.map((id) => ({ custom_id: id, params: paramsOf(`Text of ${id}`) }));
  return (await client.messages.batches.create({ requests })).id;
}

const statusOf = async (batch: string) =>
  (await world.simulator.batches()).find(({ id }) => id === batch)?.processing_status;

const quick = { pollFloor: '1s' };

test('a batch of another tool becomes a job, with its results in order of their custom_ids', async () => {
  const batch = await otherTool(['two', 'three', 'one']);
  const job = await world.batches.adopt(batch, quick);
  expect(job.id).toBe(batch);
  expect(await job.result()).toMatchObject({
    state: 'completed',
    documents: 3,
    succeeded: 3,
    failed: 0,
    chunks: 1,
    batches: 1,
    rounds: 1,
    failures: [],
  });
  const results = await collect(job.results());
  expect(results.map(({ id, status, batch_id }) => [id, status, batch_id])).toEqual(
    ['one', 'three', 'two'].map((id) => [id, 'succeeded', batch]),
  );
  expect(await job.progress()).toMatchObject({
    state: 'completed',
    done: 3,
    chunks: { planned: 1, done: 1 },
  });
  expect((await collect(world.batches.list())).map(({ id }) => id)).toContain(batch);
  await expect(world.batches.retry(batch)).rejects.toThrow(
    /cannot be retried: it adopted the batch msgbatch_\w+, which another tool created, and the API does not return requests/,
  );
});

test('a job that adopts a running batch waits for it, and canceling the job leaves the batch running', async () => {
  const batch = await otherTool(['slow']);
  const job = await world.batches.adopt(batch, { ...quick, id: 'patient' });
  await eventually(async () => (await job.progress()).batches === 1);
  expect(await job.progress()).toMatchObject({ state: 'running', documents: 1, done: 0 });
  await job.cancel();
  await expect(job.result()).rejects.toThrow(JobCanceledError);
  expect(await job.summary()).toMatchObject({ state: 'canceled', succeeded: 0 });
  expect(world.simulator.calls().cancel).toBe(0);
  expect(await statusOf(batch)).toBe('in_progress');

  // A second adoption of the batch gets it.
  const again = await world.batches.adopt(batch, { ...quick, id: 'patient' });
  world.simulator.clock.advance(HOUR);
  expect(await again.result()).toMatchObject({ state: 'completed', succeeded: 1 });
});

test('a batch that cannot be adopted is refused with the reason', async () => {
  await expect(world.batches.adopt('batch-1')).rejects.toThrow(OptionError);

  const own = await world.start({ id: 'own', input: { documents: documents(2) } });
  await own.result();
  const batch_id = (await collect(own.results()))[0]!.batch_id!;
  await expect(world.batches.adopt(batch_id)).rejects.toThrow(JobExistsError);
  await expect(world.batches.adopt(batch_id)).rejects.toThrow(
    `the batch ${batch_id} belongs to the job "own"`,
  );

  const unknown = await world.batches.adopt('msgbatch_unknown', quick);
  await expect(unknown.result()).rejects.toThrow(JobFailedError);
  await expect(unknown.result()).rejects.toThrow('The API does not know the batch msgbatch_unknown');
});

test('a job fails with the reason if the results of its adopted batch are gone', async () => {
  const batch = await otherTool(['slow']);
  const job = await world.batches.adopt(batch, quick);
  await eventually(async () => (await job.progress()).batches === 1);
  world.simulator.clock.advance(30 * 24 * HOUR);
  await expect(job.result()).rejects.toThrow(
    `The results of the batch ${batch} are gone: it was archived at`,
  );
  const summary = await job.summary();
  expect(summary).toMatchObject({
    state: 'failed',
    documents: 1,
    succeeded: 0,
    failureType: 'anthropic.ResultsGone',
  });
});

test.each([
  ['asks for the batch', 'retrieve'],
  ['fetches its results', 'results'],
] as const)(
  'another worker finishes the adopted job if the first is killed while it %s',
  async (_, endpoint) => {
    const own = await jobWorld({ faults: { http: [{ kind: 'delay', endpoint, ms: HOUR }] } });
    const { simulator, store, taskQueue, batches } = own;
    const batch = await otherTool(['two', 'three', 'one'], own);
    const first = await spawnWorker({
      server: own.server,
      store,
      taskQueue,
      anthropicBaseUrl: simulator.url,
    });
    const job = await batches.adopt(batch, quick);
    await eventually(() => simulator.calls()[endpoint] === 1);
    const planned = (await job.progress()).documents;
    expect(planned).toBe(endpoint === 'retrieve' ? 0 : 3);

    await first.kill9();
    await runWorker(own);
    const summary = await job.result();
    expect(summary).toMatchObject({ state: 'completed', succeeded: 3, batches: 1, failures: [] });
    const results = await checkedResults(job, summary, [{ id: 'one' }, { id: 'three' }, { id: 'two' }]);
    expect(new Set(results.map(({ batch_id }) => batch_id))).toEqual(new Set([batch]));
    expect(simulator.calls()).toMatchObject({ create: 1, cancel: 0 });
  },
);

test('the command line adopts, waits and prints', async () => {
  const batch = await otherTool(['b', 'a']);
  const { server, store, taskQueue } = world;
  const cli = (...args: string[]) =>
    runCli([...args, '--store', store, '--task-queue', taskQueue], {
      env: server.env,
    });
  await eventually(async () => (await statusOf(batch)) === 'ended');
  const { code, stdout } = await cli('adopt', batch, '--id', 'by hand', '--wait', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    job: 'by hand',
    state: 'completed',
    documents: 2,
    succeeded: 2,
    batches: 1,
  });
  expect(code).toBe(0);
  const results = await cli('results', 'by hand');
  expect(
    results.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).id),
  ).toEqual(['a', 'b']);
  expect(await cli('adopt', 'b-1')).toMatchObject({ code: 2, stderr: expect.stringContaining('"b-1"') });
});
