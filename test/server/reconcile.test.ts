import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkflowNotFoundError } from '@temporalio/client';
import { BatchClient, JobInFlightError, type PruneOptions } from 'temporal-anthropic-batch/client';
import { describe, expect, test } from 'vitest';
import { own } from '../support/cleanup';
import { ownServer } from '../support/dev-server';
import { eventually } from '../support/eventually';
import { gatedStore } from '../support/gated-store';
import {
  attempts,
  checkedResults,
  collect,
  details,
  expectAllAnswered,
  expectBilledOnce,
} from '../support/job-checks';
import {
  clientWorld,
  documents,
  type JobWorld,
  jobWorld,
  runWorker,
  workingWorld,
} from '../support/job-world';
import { reset, resetPoints } from '../support/resets';
import { tempDir } from '../support/temp-dir';

const HOUR = 3_600_000;

const terminate = ({ client }: JobWorld, id: string) => client.workflow.getHandle(id).terminate('by hand');

/** Reconciles the only job and returns its summary. */
async function reconciled(
  batches: JobWorld['batches'],
  options: Parameters<JobWorld['batches']['reconcile']>[0],
) {
  const started = await batches.reconcile(options);
  expect(started).toHaveLength(1);
  return started[0]!.result();
}

/** Retries the documents that a reconciled job left unanswered, and expects one payment for each document. */
async function expectRetryPaysForTheRest(world: JobWorld, id: string, total: number) {
  const retried = await (await world.batches.retry(id, { pollFloor: '1s' })).result();
  expect(retried).toMatchObject({ state: 'completed', failed: 0 });
  await expectBilledOnce(world.simulator, { succeeded: total });
}

describe.concurrent('a job whose workflow was terminated', () => {
  test('with batches in progress: reconcile awaits them, and a retry sends only what was never sent', async () => {
    const world = await workingWorld({ duration: ({ number }) => (number < 2 ? HOUR : 300) });
    const input = documents(30);
    const job = await world.start({ input: { documents: input }, chunkSize: 10, maxBatchesInFlight: 2 });
    await eventually(async () => (await world.simulator.batches()).length === 2);
    await expect(world.batches.reconcile({ job: job.id })).rejects.toThrow(/is running/);

    await terminate(world, job.id);
    await expect(job.result()).rejects.toThrow(
      /terminated.*Reconcile it \("anthropic-batch reconcile --job /,
    );
    const bought = (await world.simulator.batches()).map(({ id }) => id);
    const { state, waiting } = await job.progress();
    expect(state).toBe('failed');
    for (const batch of bought) expect(waiting).toContain(batch);
    expect(waiting).toMatch(/in flight\. Reconcile it \("anthropic-batch reconcile --job /);
    const result = reconciled(world.batches, { job: job.id });
    await eventually(() => world.simulator.calls().retrieve > 4);
    world.simulator.clock.advance(HOUR);
    const summary = await result;

    expect(summary).toMatchObject({ state: 'failed', succeeded: 20, batches: 2 });
    expect(summary.failure).toMatch(/TERMINATED/);
    await checkedResults(job, summary, input);
    const progress = await job.progress();
    expect(progress).toMatchObject({ state: 'failed', documents: 30, done: 30, succeeded: 20 });
    expect(progress.waiting).toBeUndefined();
    await expectRetryPaysForTheRest(world, job.id, 30);
    expect(world.simulator.calls().create).toBe(3);
  });

  test('with batches in progress that reconcile cancels: their finished results are kept', async () => {
    const world = await workingWorld({ duration: HOUR, cancelFinishes: 0.5 });
    const input = documents(20);
    const job = await world.start({ input: { documents: input }, chunkSize: 10 });
    await eventually(async () => (await world.simulator.batches()).length === 2);
    await terminate(world, job.id);
    await expect(world.batches.reconcile({ cancel: true })).rejects.toThrow(/`cancel` requires `job`/);
    const summary = await reconciled(world.batches, { job: job.id, cancel: true });

    expect(summary).toMatchObject({ state: 'canceled', batches: 2 });
    expect(summary.succeeded).toBeGreaterThan(0);
    expect(summary.failed).toBeGreaterThan(0);
    const results = await checkedResults(job, summary, input);
    expect(new Set(results.map((result) => result.class))).toEqual(new Set(['succeeded', 'not_sent']));
    await expectBilledOnce(world.simulator, summary);
  });

  test('before anything was sent: the summary says so', async () => {
    const world = await jobWorld();
    const job = await world.start({ input: { documents: documents(5) } });
    await terminate(world, job.id);
    await runWorker(world);
    const summary = await reconciled(world.batches, { job: job.id });
    expect(summary).toMatchObject({ state: 'failed', documents: 0, chunks: 0, batches: 0 });
    expect(summary.failure).toMatch(/Nothing was sent/);
    expect(world.simulator.calls().create).toBe(0);
    expect(await world.batches.reconcile()).toEqual([]);
  });

  test('during the search for a batch whose answer was lost: the batch is found', async () => {
    const world = await workingWorld({
      duration: HOUR,
      faults: { http: [{ kind: 'drop', endpoint: 'create', when: 'after' }] },
    });
    const input = documents(10);
    const job = await world.start({ input: { documents: input } });
    await eventually(async () => (await details(world, `${job.id}/chunk-0`)).includes('watching'));
    await terminate(world, job.id);
    const result = reconciled(world.batches, { job: job.id });
    world.simulator.clock.advance(HOUR);
    const summary = await result;
    expect(summary).toMatchObject({ succeeded: 10, failed: 0, batches: 1 });
    await checkedResults(job, summary, input);
    await expectBilledOnce(world.simulator, summary);
    expect(await attempts(world.store)).toEqual(['commit found']);
  });

  test('between two rounds: the answers of the first round are kept, and no second round is sent', async () => {
    const world = await workingWorld({ duration: 3_000 });
    const input = documents(10, (index) => `${index}${index < 4 ? '[[sim:errored:api_error:times=1]]' : ''}`);
    const job = await world.start({ input: { documents: input } });
    await eventually(async () => (await job.progress()).batches === 1);
    await job.pause();
    await eventually(async () => (await details(world, `${job.id}/chunk-0`)).includes('**paused**'));
    await terminate(world, job.id);
    const summary = await reconciled(world.batches, { job: job.id });
    expect(summary).toMatchObject({ succeeded: 6, batches: 1 });
    await checkedResults(job, summary, input);
    await expectRetryPaysForTheRest(world, job.id, 10);
  });
});

describe.concurrent('a job whose workflow was deleted from Temporal', () => {
  /** Deletes a workflow with its history, and waits until Temporal no longer has it. */
  const forget = async ({ client }: JobWorld, workflowId: string) => {
    const { namespace } = client.options;
    await client.workflowService.deleteWorkflowExecution({
      namespace,
      workflowExecution: { workflowId },
    });
    const described = () => client.workflow.getHandle(workflowId).describe();
    // The server deletes asynchronously.
    await eventually(
      () =>
        described().then(
          () => false,
          (error) => error instanceof WorkflowNotFoundError,
        ),
      { timeout: 120_000 },
    );
  };

  test.each([
    ['while its chunks go on for a moment', false],
    ['and all of its chunks', true],
  ])(
    '%s, with batches in progress: reconcile awaits them, and nothing is bought twice',
    async (_, chunksToo) => {
      const world = await workingWorld({ duration: ({ number }) => (number < 2 ? HOUR : 300) });
      const input = documents(30);
      const job = await world.start({ input: { documents: input }, chunkSize: 10, maxBatchesInFlight: 2 });
      await eventually(async () => (await job.progress()).batches === 2);

      await Promise.all(
        [job.id, ...(chunksToo ? [0, 1] : []).map((n) => `${job.id}/chunk-${n}`)].map((id) =>
          forget(world, id),
        ),
      );
      const result = reconciled(world.batches, { job: job.id });
      world.simulator.clock.advance(HOUR);
      const summary = await result;
      expect(summary).toMatchObject({ state: 'failed', succeeded: 20, batches: 2 });
      expect(summary.failure).toMatch(/Temporal no longer has the job/);
      await checkedResults(job, summary, input);
      expect(world.simulator.calls()).toMatchObject({ create: 2, cancel: 0 });
      await expectRetryPaysForTheRest(world, job.id, 30);
      expect(world.simulator.calls().create).toBe(3);
    },
    240_000,
  );
});

test.concurrent('reconcile finds a job that ended without a batch’s results, because the collecting workflow was terminated too', async () => {
  const world = await workingWorld({ duration: HOUR, cancelDuration: HOUR, cancelFinishes: 1 });
  const input = documents(10);
  const job = await world.start({ input: { documents: input } });
  await eventually(async () => (await world.simulator.batches()).length === 1);
  await terminate(world, `${job.id}/chunk-0`);
  await eventually(() => world.simulator.calls().cancel > 0);
  await terminate(world, `${job.id}/chunk-0-salvage`);
  expect(await job.result()).toMatchObject({ state: 'completed', succeeded: 0 });
  expect((await collect(job.results())).map(({ error }) => error?.type)).toEqual(
    Array(10).fill('results_unavailable'),
  );

  world.simulator.clock.advance(HOUR);
  const summary = await reconciled(world.batches, {});
  expect(summary).toMatchObject({ state: 'completed', succeeded: 10 });
  await checkedResults(job, summary, input);
  expect(await world.batches.reconcile()).toEqual([]);
});

test.concurrent('a retry of a job with a batch in flight is refused; with `again` it starts and warns once', async () => {
  const world = await workingWorld({ duration: HOUR, cancelDuration: HOUR });
  const job = await world.start({ input: { documents: documents(10) } });
  await eventually(async () => (await world.simulator.batches()).length === 1);
  await terminate(world, `${job.id}/chunk-0`);
  await eventually(() => world.simulator.calls().cancel > 0);
  await terminate(world, `${job.id}/chunk-0-salvage`);
  await job.result();

  await expect(world.batches.retry(job.id)).rejects.toThrow(JobInFlightError);
  const retry = await world.batches.retry(job.id, { again: true });
  expect(world.warnings.filter((warning) => warning.includes('pay for its documents again'))).toHaveLength(1);
  await terminate(world, retry.id);
});

describe.concurrent('a store that outlived its Temporal server', () => {
  test('is reconciled by the workers of a new server, which collect its jobs’ results', async () => {
    const world = await jobWorld({ duration: HOUR });
    const worker = await runWorker(world);
    const input = documents(20);
    const job = await world.start({ input: { documents: input }, chunkSize: 10 });
    await eventually(async () => (await world.simulator.batches()).length === 2);
    worker.shutdown();

    const next = await clientWorld({ server: await ownServer(), store: world.store });
    await runWorker({ ...world, ...next });
    const { batches } = next;
    world.simulator.clock.advance(HOUR);
    const summary = await reconciled(batches, {});
    expect(summary).toMatchObject({ state: 'failed', succeeded: 20, batches: 2 });
    expect(summary.failure).toMatch(/Temporal no longer has the job/);
    await checkedResults(await batches.get(job.id), summary, input);
    await expectBilledOnce(world.simulator, summary);
    expect(await batches.reconcile()).toEqual([]);
  });
});

describe.concurrent('a job can be deleted', () => {
  const filesOf = async (store: string, id: string) =>
    (await readdir(join(store, 'jobs', id), { recursive: true }).catch(() => [])).length;
  const claims = async (store: string) => (await readdir(join(store, 'batches'))).length;

  test('once it has ended, has nothing in flight, and no retry reads it', async () => {
    const long = new Set([1, 2]);
    const world = await jobWorld({ duration: ({ number }) => (long.has(number) ? HOUR : 300) });
    const { batches, store, simulator } = world;
    const prune = async (options: PruneOptions) =>
      (await collect(batches.prune(options))).sort((a, b) => (a.job < b.job ? -1 : 1));
    await runWorker(world);
    const refused = (index: number) => `${index}[[sim:errored:invalid_request_error:times=1]]`;
    const first = await world.start({ id: 'first', input: { documents: documents(3, refused) } });
    expect(await first.result()).toMatchObject({ succeeded: 0, failed: 3 });

    const retry = await batches.retry('first', { pollFloor: '1s' });
    await world.start({ id: 'second', input: { documents: documents(5) } });
    await eventually(async () => (await simulator.batches()).length === 3);
    await expect(batches.delete('first')).rejects.toThrow(/"first-retry-1" has not ended/);
    await expect(batches.delete('second', { force: true })).rejects.toThrow(/it is running/);
    expect(await prune({ olderThan: 0 })).toMatchObject([
      { job: 'first', kept: expect.stringMatching(/first-retry-1/) },
      { job: 'first-retry-1', kept: 'it is running' },
      { job: 'second', kept: 'it is running' },
    ]);

    await terminate(world, 'second');
    await expect(batches.delete('second')).rejects.toThrow(/no summary.*Reconcile it/);
    simulator.clock.advance(HOUR);
    expect(await retry.result()).toMatchObject({ succeeded: 3 });
    expect(await reconciled(batches, { job: 'second' })).toMatchObject({ succeeded: 5 });

    const before = await filesOf(store, 'second');
    expect(await batches.delete('second', { batches: true })).toMatchObject({ job: 'second', batches: 1 });
    expect(before).toBeGreaterThan(0);
    expect(await filesOf(store, 'second')).toBe(0);
    expect(await simulator.batches()).toHaveLength(2);
    expect(await claims(store)).toBe(2);
    await expect(batches.delete('second')).rejects.toThrow(/no job "second"/);

    // The batches stay, and their claims still record that they belong to this job.
    const dry = await prune({ olderThan: 0, dryRun: true });
    expect(dry.map(({ job, kept }) => [job, kept])).toEqual([
      ['first', undefined],
      ['first-retry-1', undefined],
    ]);
    expect(await prune({ olderThan: '1h' })).toEqual([]);
    const pruned = await prune({ olderThan: 0 });
    expect(pruned.map(({ files, bytes }) => [files, bytes])).toEqual(
      dry.map(({ files, bytes }) => [files, bytes]),
    );
    expect(await filesOf(store, 'first')).toBe(0);
    expect(await claims(store)).toBe(2);
    expect(await simulator.batches()).toHaveLength(2);
    await expectBilledOnce(simulator, { succeeded: 8 });
  });

  test('unless it was reset while its deletion waited for a worker', async () => {
    const world = await jobWorld();
    const worker = await runWorker(world);
    const input = documents(3);
    const job = await world.start({ id: 'reset', input: { documents: input } });
    await job.result();
    worker.shutdown();
    await eventually(() => worker.getState() === 'STOPPED');

    const deletion = world.batches.delete('reset', { batches: true }).catch((error: unknown) => error);
    const query = 'WorkflowType = "anthropicDeleteJob"';
    await eventually(async () => (await collect(world.client.workflow.list({ query }))).length === 1);
    const run = await resetPoints(world, 'reset');
    await reset(world, run, run.points[0]!);
    // The reset job runs until the test lets it end.
    const gate = gatedStore(world.store, /^put .*\/summary/);
    await runWorker(world, { store: gate.store });
    own(gate.open);
    expect(await deletion).toMatchObject({
      name: 'JobStateError',
      message: 'The job "reset" was not deleted: it is running.',
    });
    gate.open();
    await expectAllAnswered(job, await job.result(), input);
    expect((await world.simulator.books()).billed.repeated).toBe(0);
  });
});

test.concurrent('a job is not read from a store that is not its own, which would show it without documents', async () => {
  const world = await workingWorld();
  const job = await world.start({ input: { documents: documents(3) } });
  const other = new BatchClient(world.client, { store: await tempDir(), taskQueue: world.taskQueue });
  for (const read of [
    async () => (await other.get(job.id)).progress(),
    async () => (await other.get(job.id)).pause(),
  ])
    await expect(read()).rejects.toThrow(/belongs to another store than .*`store`/);
  await job.result();
  await expect((async () => (await other.get(job.id)).progress())()).rejects.toThrow(/another store/);
});
