import type { HttpFault } from 'temporal-anthropic-batch/simulator';
import { describe, expect, test } from 'vitest';
import { type CliProcess, spawnSimulator, spawnWorker, type WorkerOptions } from '../support/cli';
import { ownServer } from '../support/dev-server';
import { eventually } from '../support/eventually';
import { attempts, details, expectAllAnswered, expectBilledOnce } from '../support/job-checks';
import { createProxy } from '../support/job-proxy';
import { clientWorld, documents, jobWorld, runWorker } from '../support/job-world';

/** Longer than any test, so that no test can have waited for it. A death is noticed after 5 s. */
const GRACE = '3m';

/** Starts a worker as a separate process. */
const worker = (
  { server, store, taskQueue }: Pick<WorkerOptions, 'server' | 'store' | 'taskQueue'>,
  url: string,
): Promise<CliProcess> =>
  spawnWorker({ server, store, taskQueue, anthropicBaseUrl: url, args: ['--submit-grace', GRACE] });

const HOUR = 3_600_000;

describe.concurrent('a worker killed with -9', () => {
  test('during an upload: nothing was bought, and another worker sends the chunk at once', async () => {
    const world = await jobWorld();
    const proxy = await createProxy(world.simulator.url);
    // More than the sockets' buffers can hold.
    const input = documents(200, (index) => `Document ${index} ${'x'.repeat(100_000)}`);
    const first = await worker(world, proxy.url);
    const job = await world.start({ input: { documents: input } });
    await proxy.stalled();
    expect(await attempts(world.store)).toEqual(['- -']);

    await first.kill9();
    proxy.open();
    await worker(world, proxy.url);
    const summary = await job.result();

    await expectAllAnswered(job, summary, input);
    await expectBilledOnce(world.simulator, summary);
    // The chunk did not wait for the grace, because an overtaken attempt has bought nothing.
    expect(await attempts(world.store)).toEqual(['overtaken -', 'commit created']);
    expect(await world.simulator.batches()).toHaveLength(1);
  });

  test.each([
    ['after the last byte, before the batch exists', 'before'],
    ['before the answer came', 'after'],
  ] as const)('%s: its batch is found by the nonce', async (_, when) => {
    const world = await jobWorld({
      faults: { http: [{ kind: 'delay', endpoint: 'create', ms: when === 'after' ? HOUR : 8_000, when }] },
    });
    const proxy = await createProxy(world.simulator.url, { open: true });
    const first = await worker(world, proxy.url);
    const input = documents(20);
    const job = await world.start({ input: { documents: input } });
    await proxy.passed();
    if (when === 'after') await eventually(async () => (await world.simulator.batches()).length === 1);
    expect(await attempts(world.store)).toEqual(['commit -']);

    await first.kill9();
    await worker(world, world.simulator.url);
    const summary = await job.result();

    await expectAllAnswered(job, summary, input);
    await expectBilledOnce(world.simulator, summary);
    expect(await attempts(world.store)).toEqual(['commit found']);
    expect(world.simulator.calls().create).toBe(1);
  });

  test('while batches are in progress: they are not resent', async () => {
    const world = await jobWorld({ duration: HOUR });
    const first = await worker(world, world.simulator.url);
    const input = documents(30);
    const job = await world.start({ input: { documents: input }, chunkSize: 10 });
    await eventually(async () => (await job.progress()).batches === 3);

    await first.kill9();
    world.simulator.clock.advance(HOUR);
    await worker(world, world.simulator.url);
    const summary = await job.result();

    await expectAllAnswered(job, summary, input);
    await expectBilledOnce(world.simulator, summary);
    expect(world.simulator.calls().create).toBe(3);
  });

  test('during a download: the results are downloaded again', async () => {
    const world = await jobWorld({
      faults: { http: [{ kind: 'delay', endpoint: 'results', ms: HOUR }] },
    });
    const first = await worker(world, world.simulator.url);
    const input = documents(20);
    const job = await world.start({ input: { documents: input } });
    await eventually(() => world.simulator.calls().results === 1);

    await first.kill9();
    await worker(world, world.simulator.url);
    const summary = await job.result();

    await expectAllAnswered(job, summary, input);
    await expectBilledOnce(world.simulator, summary);
    expect(world.simulator.calls()).toMatchObject({ create: 1, results: 2 });
  });
});

test.concurrent('a worker that freezes during an upload, and wakes after its round was resent, buys nothing', async () => {
  const world = await jobWorld();
  const proxy = await createProxy(world.simulator.url);
  // Temporal gives no task to a sleeping machine, because its connections are closed.
  const temporal = await createProxy(`http://${world.server.address}`, { open: true });
  const input = documents(200, (index) => `Document ${index} ${'x'.repeat(100_000)}`);
  const env = { ...world.server.env, TEMPORAL_ADDRESS: new URL(temporal.url).host };
  const zombie = await worker({ ...world, server: { env } }, proxy.url);
  const job = await world.start({ input: { documents: input } });
  await proxy.stalled();

  process.kill(zombie.pid, 'SIGSTOP');
  temporal.cut();
  proxy.open();
  await worker(world, proxy.url);
  const summary = await job.result();
  await expectAllAnswered(job, summary, input);
  expect(await attempts(world.store)).toEqual(['overtaken -', 'commit created']);

  proxy.letOn();
  process.kill(zombie.pid, 'SIGCONT');
  await proxy.dropped();
  await expectBilledOnce(world.simulator, summary);
  expect(await world.simulator.batches()).toHaveLength(1);
  expect(await attempts(world.store)).toEqual(['overtaken -', 'commit created']);
});

describe.concurrent('a server killed with -9', () => {
  test('Temporal, restarted on its file: the job and its waiting clients continue', async () => {
    const server = await ownServer();
    const world = await jobWorld({ duration: HOUR }, server);
    await worker(world, world.simulator.url);
    const input = documents(30);
    const job = await world.start({ input: { documents: input }, chunkSize: 10 });
    const result = job.result();
    await eventually(async () => (await job.progress()).batches === 3);

    await server.kill9();
    world.simulator.clock.advance(HOUR);
    await server.restart();
    const summary = await result;

    await expectAllAnswered(job, summary, input);
    await expectBilledOnce(world.simulator, summary);
    expect(world.simulator.calls().create).toBe(3);
  });

  test('the API, restarted on its folder: the job collects the batches in flight', async () => {
    const world = await clientWorld();
    const simulator = await spawnSimulator({ args: ['--duration', '1h'] });
    const admin = async (method: string, path: string, body?: object) => {
      const answer = await fetch(`${simulator.url}/_simulator/${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: body && JSON.stringify(body),
      });
      expect(answer.status).toBe(200);
      return (await answer.json()) as { batches: object[] };
    };
    await worker(world, simulator.url);
    const input = documents(30);
    const job = await world.start({ input: { documents: input }, chunkSize: 10 });
    await eventually(async () => (await job.progress()).batches === 3);

    await simulator.kill9();
    // The job polls, and shows the errors that it gets.
    await eventually(async () => (await details(world, `${job.id}/chunk-0`)).includes('cannot be reached'));
    await simulator.restart();
    await admin('PUT', 'clock', { advance: HOUR });
    const summary = await job.result();

    await expectAllAnswered(job, summary, input);
    const books = await admin('GET', 'books');
    expect(books).toMatchObject({ billed: { repeated: 0, requests: 30 } });
    expect(books.batches).toHaveLength(3);
  });
});

describe.concurrent('a lost answer', () => {
  const carried = async (
    http: HttpFault[],
    { submitGrace = GRACE, ...options }: Parameters<typeof jobWorld>[0] & { submitGrace?: string } = {},
  ) => {
    const world = await jobWorld({ faults: { http }, ...options });
    await runWorker(world, { submitGrace });
    const input = documents(
      20,
      (index) => `Document ${index}${index === 3 ? ' [[sim:api_error:times=1]]' : ''}`,
    );
    const job = await world.start({ input: { documents: input } });
    const summary = await job.result();
    await expectAllAnswered(job, summary, input);
    await expectBilledOnce(world.simulator, summary);
    expect(summary).toMatchObject({ batches: 2, rounds: 2 });
    return world;
  };

  test.each<[string, HttpFault]>([
    ['the socket drops', { kind: 'drop', endpoint: 'create', when: 'after' }],
    ['the API answers 500', { kind: 'status', endpoint: 'create', status: 500, when: 'after' }],
    ['a proxy answers 502', { kind: 'status', endpoint: 'create', status: 502, when: 'after', proxy: true }],
    ['a proxy answers 429', { kind: 'status', endpoint: 'create', status: 429, when: 'after', proxy: true }],
  ])('%s after the batch exists: the batch is found, not bought again', async (_, fault) => {
    const { store, simulator } = await carried([fault]);
    expect(await attempts(store)).toEqual(['commit found']);
    expect(simulator.calls().create).toBe(2);
  });

  test('is found by a list that lags behind', async () => {
    const { store, simulator } = await carried([{ kind: 'drop', endpoint: 'create', when: 'after' }], {
      listLag: 800,
    });
    expect(await attempts(store)).toEqual(['commit found']);
    expect(simulator.calls().create).toBe(2);
  });

  test('is found in the second round too', async () => {
    const { store, simulator } = await carried([
      { kind: 'drop', endpoint: 'create', when: 'after', skip: 1 },
    ]);
    expect(await attempts(store, { round: 1 })).toEqual(['commit found']);
    expect(simulator.calls().create).toBe(2);
  });

  test.each<[string, HttpFault]>([
    ['the socket drops', { kind: 'drop', endpoint: 'create' }],
    ['the API answers 500', { kind: 'status', endpoint: 'create', status: 500 }],
  ])('%s and no batch exists: the round is resent after the grace', async (_, fault) => {
    const { store, simulator } = await carried([fault], { submitGrace: '10s' });
    expect(await attempts(store)).toEqual(['commit presumed-lost', 'commit created']);
    expect(simulator.calls().create).toBe(3);
    expect(await simulator.batches()).toHaveLength(2);
  });
});
