import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import {
  BatchClient,
  JobCanceledError,
  JobExistsError,
  JobFailedError,
  JobInFlightError,
  JobNotFoundError,
  JobStateError,
  type ListOptions,
  NoWorkerError,
  registerSearchAttributes,
  SearchAttributeError,
  SpecError,
} from 'temporal-anthropic-batch/client';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { runCli } from '../support/cli';
import { ownServer, testServer } from '../support/dev-server';
import { eventually } from '../support/eventually';
import { collect, expectBilledOnce } from '../support/job-checks';
import { documents, type JobWorld, jobWorld, workingWorld } from '../support/job-world';
import { paramsOf, TEMPLATE } from '../support/template';

const REFUSED_ONCE = '[[sim:errored:invalid_request_error:times=1]]';

/** Names of the job folders in the store. */
const jobsIn = ({ store }: JobWorld) => readdir(join(store, 'jobs')).catch(() => []);

/** Instances of one job in the store. */
const instancesOf = ({ store }: JobWorld, id: string) => readdir(join(store, 'jobs', id)).catch(() => []);

it.concurrent('jobs are listed by state, tag, start and number, with what they have done and cost', async () => {
  const world = await workingWorld({ duration: ({ size }) => (size === 3 ? 3_600_000 : 300) });
  const { batches, start, server, store } = world;
  const input = (count: number) => ({ documents: documents(count) });
  const ended = await start({ id: 'ended', input: input(2), tags: { team: 'search', kind: 'eval' } });
  const { cost } = await ended.result();
  const running = await start({ id: 'running', input: input(3), tags: { team: 'search' } });
  await eventually(async () => (await running.progress()).batches === 1);
  await start({ id: 'other', input: input(3) });
  const ids = async (options: ListOptions) => (await collect(batches.list(options))).map(({ id }) => id);
  await eventually(
    async () => (await ids({})).length === 3 && (await ids({ state: 'completed' })).length === 1,
  );

  const [listed] = await collect(batches.list({ state: 'completed' }));
  expect(listed).toMatchObject({ id: 'ended', documents: 2, done: 2, paid: cost.paid });
  expect(await ids({ tags: { team: 'search' } })).toEqual(['running', 'ended']);
  expect(await ids({ tags: { team: 'search', kind: 'eval' } })).toEqual(['ended']);
  expect(await ids({ limit: 1 })).toEqual(['other']);
  expect(await ids({ since: '1h', state: ['completed', 'failed'] })).toEqual(['ended']);
  expect(await ids({ since: new Date(Date.now() + 60_000) })).toEqual([]);
  await expect(ids({ state: 'done' as never })).rejects.toThrow('`state` must be one of planning, running,');
  await expect(ids({ since: 'soon' })).rejects.toThrow('`since` must be a date or time');
  const { stdout } = await runCli(['list', '--tag', 'kind=eval', '--store', store], { env: server.env });
  expect(stdout).toMatch(
    /^job +state +started +ended +documents +done +USD\nended +completed +\S+Z +\S+Z +2 +2 +0\.0/,
  );
});

it.concurrent('a job is found by one of its batches', async () => {
  const { batches, simulator, start, server, store } = await workingWorld();
  const job = await start({ input: { documents: documents(3) }, chunkSize: 2 });
  const { job: ref } = await job.result();
  const [first, second] = await simulator.batches();
  for (const [index, { id, request_counts }] of [first!, second!].entries()) {
    const owner = (await batches.findBatch(id))!;
    expect(await owner.job.ref()).toEqual(ref);
    expect(owner).toMatchObject({ chunk: request_counts.succeeded === 2 ? 0 : 1, round: 0 });
    const { stdout, stderr } = await runCli(['status', id, '--store', store], { env: server.env });
    expect(stdout).toMatch(new RegExp(`^job +${job.id}$`, 'm'));
    expect([index, stderr]).toEqual([
      index,
      `${id} is round 1 of chunk ${owner.chunk} of the job ${job.id}.\n`,
    ]);
  }
  expect(await batches.findBatch('msgbatch_unknown')).toBeUndefined();
});

it.concurrent('the progress of a job is read without a query, which could break a workflow', async () => {
  const world = await workingWorld({ duration: 3_600_000 });
  const job = await world.start({ input: { documents: documents(3) }, chunkSize: 2 });
  const queries: string[] = [];
  const { connection, options } = world.client;
  const watched = new Client({
    connection,
    namespace: options.namespace,
    interceptors: {
      workflow: [
        {
          query: (input, next) => {
            queries.push(input.queryType);
            return next(input);
          },
        },
      ],
    },
  });
  const { store, taskQueue } = world;
  const asked = await new BatchClient(watched, { store, taskQueue }).get(job.id);
  await eventually(async () => (await asked.progress()).batches === 2);
  expect(await asked.progress()).toMatchObject({
    job: await job.ref(),
    state: 'running',
    documents: 3,
    chunks: { planned: 2, running: 2, done: 0 },
    inFlight: [
      { batch: expect.stringMatching(/^msgbatch_/), round: 0, since: expect.any(String) },
      { batch: expect.stringMatching(/^msgbatch_/), round: 0, since: expect.any(String) },
    ],
    nextPoll: expect.any(String),
  });
  // Before its first workflow task a job has written no progress, so the client queries it.
  expect(queries.length).toBeLessThanOrEqual(1);
  world.simulator.clock.advance(3_600_000);
  await job.result();
});

describe.concurrent('a job id', () => {
  it('of a running job is refused, and nothing stays in the store', async () => {
    const world = await jobWorld();
    const job = await world.start({ id: 'taken-1', input: { documents: documents(1) } });
    await expect(world.start({ id: 'taken-1', input: { documents: documents(1) } })).rejects.toThrow(
      JobExistsError,
    );
    expect(await instancesOf(world, 'taken-1')).toHaveLength(1);
    await world.client.workflow.getHandle(job.id).terminate();
  });

  it('that another start takes in the meantime is refused too, and nothing stays in the store', async () => {
    const world = await jobWorld();
    const starts = await Promise.allSettled(
      Array.from({ length: 4 }, () => world.start({ id: 'race-1', input: { documents: documents(1) } })),
    );
    const [started, ...rest] = starts.sort((a, b) => a.status.localeCompare(b.status));
    expect(started?.status).toBe('fulfilled');
    for (const one of rest) expect(one).toMatchObject({ reason: expect.any(JobExistsError) });
    expect(await instancesOf(world, 'race-1')).toHaveLength(1);
    await world.client.workflow.getHandle('race-1').terminate();
  });

  it.each([
    { again: undefined, bought: 2 },
    { again: true, bought: 4 },
  ])(
    'of a job that starts sending during the copy of a new input is refused, unless again is true ($again)',
    { timeout: 60_000 },
    async ({ again, bought }) => {
      const world = await workingWorld({ duration: 3_600_000 });
      const old = await world.start({ input: { documents: documents(4) }, chunkSize: 2 });
      const slow = async function* () {
        await eventually(async () => (await old.progress()).batches === 2);
        yield* documents(4);
      };
      const warnings: string[] = [];
      const start = () =>
        new BatchClient(world.client, {
          store: world.store,
          taskQueue: world.taskQueue,
          onWarning: (message) => warnings.push(message),
        }).start({
          id: old.id,
          input: { documents: slow() },
          template: TEMPLATE,
          chunkSize: 2,
          workflowIdConflictPolicy: 'TERMINATE_EXISTING',
          again,
        });
      if (again) {
        const job = await start();
        expect(warnings.filter((message) => message.includes('pay for its documents again'))).toHaveLength(1);
        await eventually(async () => (await job.progress()).batches === 2);
        await world.client.workflow.getHandle(job.id).terminate();
      } else {
        await expect(start()).rejects.toThrow(JobInFlightError);
        expect(await instancesOf(world, old.id)).toHaveLength(1);
        world.simulator.clock.advance(3_600_000);
        await expect(old.result()).resolves.toMatchObject({ succeeded: 4 });
      }
      expect(await world.simulator.batches()).toHaveLength(bought);
    },
  );

  it('of a running job returns that job if the policy says so', async () => {
    const world = await jobWorld();
    const first = await world.start({ id: 'existing-1', input: { documents: documents(1) } });
    const others = await Promise.all(
      Array.from({ length: 3 }, () =>
        world.batches.start({
          id: 'existing-1',
          input: { documents: documents(1) },
          template: TEMPLATE,
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      ),
    );
    for (const other of others) expect(await other.ref()).toEqual(await first.ref());
    expect(await instancesOf(world, 'existing-1')).toHaveLength(1);
    await world.client.workflow.getHandle('existing-1').terminate();
  });

  it('is started once by startOrGet, whether the job runs or has ended', async () => {
    const world = await workingWorld();
    const startOrGet = (count = 2) =>
      world.batches.startOrGet({
        id: 'once',
        input: { documents: documents(count) },
        template: TEMPLATE,
        pollFloor: '1s',
      });
    const handles = await Promise.all([startOrGet(), startOrGet(), startOrGet()]);
    const [first, ...others] = await Promise.all(handles.map((handle) => handle.ref()));
    expect(others).toEqual([first, first]);
    await handles[0]!.result();
    const ended = await startOrGet(3);
    expect(await ended.summary()).toMatchObject({ job: first, documents: 2 });
    expect(await instancesOf(world, 'once')).toHaveLength(1);

    await world.client.workflow.start('unknown', { workflowId: 'taken', taskQueue: 'other' });
    const taken = world.batches.startOrGet({
      id: 'taken',
      input: { documents: documents(1) },
      template: TEMPLATE,
    });
    await expect(taken).rejects.toThrow(JobExistsError);
    await world.client.workflow.getHandle('taken').terminate();
  });

  it('of a closed job may be used again unless the policy refuses it', async () => {
    const world = await workingWorld();
    const once = () => world.start({ id: 'again-1', input: { documents: documents(2) } });
    const first = await once();
    await first.result();
    const second = await once();
    await second.result();
    expect((await first.ref()).instance).not.toBe((await second.ref()).instance);
    expect(await (await world.batches.get('again-1')).ref()).toEqual(await second.ref());

    for (const workflowIdReusePolicy of ['REJECT_DUPLICATE', 'ALLOW_DUPLICATE_FAILED_ONLY'] as const) {
      const third = world.batches.start({
        id: 'again-1',
        input: { documents: documents(2) },
        template: TEMPLATE,
        workflowIdReusePolicy,
      });
      await expect(third).rejects.toThrow(JobExistsError);
    }
    expect(await instancesOf(world, 'again-1')).toHaveLength(2);
  });

  it('that does not exist is named in the error', async () => {
    const { batches } = await jobWorld();
    const job = await batches.get('unknown');
    const questions = [
      () => job.progress(),
      () => job.summary(),
      () => job.result(),
      () => job.cancel(),
      () => job.pause(),
      () => collect(job.results()),
      () => batches.retry('unknown'),
    ];
    for (const ask of questions) await expect(ask()).rejects.toThrow(JobNotFoundError);
  });
});

describe.concurrent('a refused start', () => {
  it('copies nothing if an option is invalid', async () => {
    const world = await jobWorld();
    await expect(world.start({ maxRounds: 0, input: { documents: documents(1) } })).rejects.toThrow(
      SpecError,
    );
    expect(await jobsIn(world)).toEqual([]);
  });

  it('leaves nothing in the store if documents cannot be written as JSON', async () => {
    const world = await jobWorld();
    const broken = { documents: [{ id: 'a' }, { id: 'b', n: Number.NaN }] };
    await expect(world.start({ input: broken })).rejects.toThrow(/Document 2 \(id "b"\)/);
    const files = await readdir(world.store, { recursive: true, withFileTypes: true });
    expect(files.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual(['store.json']);
  });

  it('names a search attribute that is not registered', async () => {
    const world = await jobWorld();
    const key = defineSearchAttributeKey('NobodyRegistered', SearchAttributeType.KEYWORD);
    const start = world.batches.start({
      input: { documents: documents(1) },
      template: TEMPLATE,
      searchAttributes: new TypedSearchAttributes([{ key, value: 'x' }]),
    });
    await expect(start).rejects.toThrow(SearchAttributeError);
    await expect(start).rejects.toThrow(/"NobodyRegistered" is not registered/);
    expect(await jobsIn(world)).toEqual([]);
  });
});

describe.concurrent('a job without a worker', () => {
  it('causes a warning at its start, and its status says so', async () => {
    const { client, start, warnings, taskQueue } = await jobWorld();
    const job = await start({ input: { documents: documents(1) } });
    expect(warnings).toEqual([
      expect.stringMatching(new RegExp(`No worker polls the task queue "${taskQueue}"`)),
    ]);
    await expect(job.progress()).rejects.toThrow(NoWorkerError);
    await expect(job.progress()).rejects.toThrow(/anthropic-batch worker/);
    await client.workflow.getHandle(job.id).terminate('not needed');
    await expect(job.result()).rejects.toThrow(/was terminated \(not needed\)/);
    expect((await job.progress()).state).toBe('failed');
  });
});

describe.concurrent('execute', () => {
  it('returns the results of a list, keyed by id', async () => {
    const { batches } = await workingWorld();
    const results = await batches.execute(
      [
        { id: 'a', params: paramsOf('one {{not}} a placeholder') },
        { id: 'b/ü', params: paramsOf('[[sim:errored:invalid_request_error]]') },
      ],
      { pollFloor: '1s' },
    );
    expectTypeOf(results).toHaveProperty('b/ü');
    expect(Object.keys(results)).toEqual(['a', 'b/ü']);
    expect(results.a.status).toBe('succeeded');
    expect(JSON.stringify(results.a.message)).toContain('one {{not}} a placeholder');
    expect(results['b/ü']).toMatchObject({ status: 'errored', class: 'permanent' });
  });

  it('returns the results of a record, and of an empty one', async () => {
    const { batches } = await workingWorld();
    const results = await batches.execute(
      { left: paramsOf('left'), __proto__x: paramsOf('right') },
      { pollFloor: '1s' },
    );
    expect([results.left.id, results.__proto__x.status]).toEqual(['left', 'succeeded']);
    expect(await batches.execute([])).toEqual({});
  });

  it('refuses two requests with one id', async () => {
    const { batches } = await jobWorld();
    const twice = [
      { id: 'a', params: paramsOf('1') },
      { id: 'a', params: paramsOf('2') },
    ];
    await expect(batches.execute(twice)).rejects.toThrow(/Two requests have the id "a"/);
  });
});

describe.concurrent('retry', () => {
  it('sends only the failed documents, and numbers its jobs', async () => {
    const world = await workingWorld();
    const input = documents(30, (i) => (i % 10 === 3 ? `${i} ${REFUSED_ONCE}` : `${i}`));
    const job = await world.start({ id: 'retry-me', chunkSize: 12, input: { documents: input } });
    expect(await job.result()).toMatchObject({ succeeded: 27, failed: 3 });
    expect((await collect(job.results({ failed: true }))).map(({ id }) => id)).toEqual([
      'doc-3',
      'doc-13',
      'doc-23',
    ]);

    const again = await world.batches.retry('retry-me');
    expect(again.id).toBe('retry-me-retry-1');
    expect(await again.result()).toMatchObject({ documents: 3, succeeded: 3, failed: 0 });
    expect((await collect(again.results())).map(({ id }) => id)).toEqual(['doc-3', 'doc-13', 'doc-23']);

    await expect(world.batches.retry('retry-me')).rejects.toThrow(
      /nothing to retry in the job "retry-me": its retry "retry-me-retry-1"/,
    );
    await expect(world.batches.retry('retry-me-retry-1')).rejects.toThrow(/none of its documents failed/);
    await expectBilledOnce(world.simulator, { succeeded: 30 });
  });

  it('called several times at once starts one job, and every caller gets it', async () => {
    const world = await workingWorld({ duration: ({ number }) => (number === 0 ? 300 : 3_600_000) });
    const input = documents(3, (i) => `${i} ${REFUSED_ONCE}`);
    await (await world.start({ id: 'at-once', input: { documents: input } })).result();

    const others = Array.from({ length: 4 }, () => {
      const { store, taskQueue } = world;
      return new BatchClient(world.client, { store, taskQueue, onWarning: () => {} });
    });
    const retries = await Promise.all(others.map((batches) => batches.retry('at-once')));
    const [first, ...rest] = await Promise.all(retries.map((retry) => retry.ref()));
    for (const ref of rest) expect(ref).toEqual(first);
    // A call while it runs gets it too.
    expect(await (await world.batches.retry('at-once')).ref()).toEqual(first);
    expect(world.warnings).toEqual([expect.stringContaining(`already being retried by "${first!.id}"`)]);
    await expect(world.batches.retry('at-once', { id: 'mine' })).rejects.toThrow(JobStateError);
    expect((await jobsIn(world)).sort()).toEqual(['at-once', first!.id]);

    await eventually(async () => (await world.simulator.batches()).length === 2);
    world.simulator.clock.advance(3_600_000);
    await retries[0]!.result();
    await expectBilledOnce(world.simulator, { succeeded: 3 });
  });

  it('continues after a retry that left documents without an answer, and starts over after one that sent nothing', async () => {
    const world = await workingWorld();
    const input = documents(4, (i) => `${i} [[sim:errored:invalid_request_error:times=${i}]]`);
    await (await world.start({ id: 'on', input: { documents: input } })).result();
    const retry = async (expected: string) => {
      const job = await world.batches.retry('on');
      expect(job.id).toBe(expected);
      return job.result();
    };
    expect(await retry('on-retry-1')).toMatchObject({ documents: 3, succeeded: 1 });
    expect(await retry('on-retry-2')).toMatchObject({ documents: 2, succeeded: 1 });

    // It has no worker, so it ends before it is planned.
    const idle = new BatchClient(world.client, {
      store: world.store,
      taskQueue: 'unknown',
      onWarning: () => {},
    });
    const nothing = await idle.retry('on');
    expect(nothing.id).toBe('on-retry-3');
    await world.client.workflow.getHandle(nothing.id).terminate();
    await expect(world.batches.retry('on')).rejects.toThrow(
      /"on-retry-3".* no longer runs\. Reconcile "on-retry-3"/,
    );
    const [reconciliation] = await world.batches.reconcile({ job: nothing.id });
    expect(await reconciliation!.result()).toMatchObject({ chunks: 0 });

    expect(await retry('on-retry-4')).toMatchObject({ documents: 1, succeeded: 1 });
    await expect(retry('')).rejects.toThrow(/its retry "on-retry-4" has an answer for every document/);
    await expectBilledOnce(world.simulator, { succeeded: 4 });
  });

  it('refuses a job that is still running', async () => {
    const world = await workingWorld({ duration: 60_000 });
    const job = await world.start({ input: { documents: documents(1) } });
    await expect(world.batches.retry(job.id)).rejects.toThrow(JobStateError);
    await job.cancel();
    await expect(job.result()).rejects.toThrow(JobCanceledError);
  });
});

describe.concurrent('a running job', () => {
  it('can be paused, resumed and canceled, and keeps finished results', async () => {
    const world = await workingWorld({ duration: ({ number }) => (number === 0 ? 300 : 60_000) });
    const job = await world.start({ chunkSize: 5, input: { documents: documents(15) } });
    await eventually(async () => (await job.progress()).done === 5);

    await job.pause();
    expect((await job.progress()).state).toBe('paused');
    await job.resume();
    expect((await job.progress()).state).toBe('running');
    expect(await collect(job.results())).toHaveLength(5);
    await expect(world.batches.retry(job.id)).rejects.toThrow(/has not ended/);

    await job.cancel();
    const error = await job.result().catch((e) => e);
    expect(error).toBeInstanceOf(JobCanceledError);
    expect(error.summary).toMatchObject({ state: 'canceled', documents: 15 });
    expect(error.summary.succeeded).toBeGreaterThanOrEqual(5);
    expect(await collect(job.results())).toHaveLength(15);
    await expect(job.pause()).rejects.toThrow(/has ended: there is nothing to pause/);
    await expect(job.cancel()).rejects.toThrow(JobStateError);
  });

  it('continues when a waiting client aborts', async () => {
    const world = await workingWorld({ duration: 2_000 });
    const job = await world.start({ input: { documents: documents(1) } });
    await expect(job.result({ signal: AbortSignal.timeout(300) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    expect(await job.result()).toMatchObject({ succeeded: 1 });
  });

  it('is in the list, and stays there with its final state', async () => {
    const world = await workingWorld();
    const job = await world.start({ input: { documents: documents(1) } });
    await job.result();
    const listed = await eventually(async () =>
      (await collect(world.batches.list())).find(({ id, closedAt }) => id === job.id && closedAt),
    );
    expect(listed).toMatchObject({ id: job.id, state: 'completed', startedAt: expect.any(Date) });
  });
});

it.concurrent('a job whose planning fails says why, and cannot be retried', async () => {
  const world = await workingWorld();
  const job = await world.start({ input: { documents: [{ id: 'a', text: 'x' }, { id: 'b' }] } });
  const error = await job.result().catch((e) => e);
  expect(error).toBeInstanceOf(JobFailedError);
  expect(error.message).toMatch(/"b".*text/);
  expect(world.simulator.calls().create).toBe(0);
  await expect(world.batches.retry(job.id)).rejects.toThrow(/nothing to retry/);
});

it.concurrent('a job that Temporal has forgotten is read from the store', async () => {
  const world = await workingWorld();
  const job = await world.start({ id: 'old job/1', input: { documents: documents(3) } });
  const summary = await job.result();
  // A namespace that never had the job replaces one that has forgotten it.
  const elsewhere = await (await testServer()).client();
  const batches = new BatchClient(elsewhere, { store: world.store, taskQueue: world.taskQueue });
  const forgotten = await batches.get('old job/1');
  expect(await forgotten.summary()).toEqual(summary);
  expect(await forgotten.result()).toEqual(summary);
  expect(await forgotten.progress()).toMatchObject({ state: 'completed', done: 3 });
  expect(await collect(forgotten.results())).toHaveLength(3);
  await expect(forgotten.cancel()).rejects.toThrow(/has ended/);
});

it.concurrent('waiting survives a restart of the server', async () => {
  const server = await ownServer();
  const world = await workingWorld({ duration: 8_000 }, server);
  const job = await world.start({ input: { documents: documents(3) } });
  const result = job.result();
  await eventually(async () => (await job.progress()).batches === 1);
  await server.restart();
  expect(await result).toMatchObject({ state: 'completed', succeeded: 3 });
});

it.concurrent('search attributes are registered once and then show the state', async () => {
  const world = await workingWorld();
  expect(await registerSearchAttributes(world.client)).toHaveLength(3);
  expect(await registerSearchAttributes(world.client)).toEqual([]);
  const job = await eventually(() => world.start({ input: { documents: documents(1) } }));
  await job.result();
  const { searchAttributes } = await world.client.workflow.getHandle(job.id).describe();
  expect(searchAttributes).toMatchObject({
    AnthropicBatchState: ['completed'],
    AnthropicBatchModel: ['claude-haiku-5-5'],
  });
});
