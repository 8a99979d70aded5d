import { FileStore } from 'temporal-anthropic-batch';
import { JobCanceledError, JobNotFoundError, JobStateError } from 'temporal-anthropic-batch/client';
import type { HttpFault, SimulatorOptions } from 'temporal-anthropic-batch/simulator';
import { describe, expect, test } from 'vitest';
import { recordRequest } from '../../src/records/control';
import { eventually } from '../support/eventually';
import {
  checkedResults,
  collect,
  details,
  expectAllAnswered,
  expectBilledOnce,
  sentTexts,
} from '../support/job-checks';
import { documents, type JobWorld, workingWorld } from '../support/job-world';

const HOUR = 3_600_000;

const created = (world: JobWorld, count: number) =>
  eventually(async () => (await world.simulator.batches()).length === count, { what: `${count} batches` });

const statusOf = async ({ client }: JobWorld, id: string) =>
  (await client.workflow.getHandle(id).describe()).status.name;

/** The error of a job that was canceled. */
async function canceled(job: { result(): Promise<unknown> }): Promise<JobCanceledError> {
  const error = await job.result().catch((error: unknown) => error);
  expect(error).toBeInstanceOf(JobCanceledError);
  return error as JobCanceledError;
}

describe.concurrent('cancel', () => {
  test('batches in flight are canceled at the API, their finished results are kept, every document has an outcome', async () => {
    const world = await workingWorld({ duration: HOUR, cancelFinishes: 0.5 });
    const input = documents(60);
    const job = await world.start({ input: { documents: input }, chunkSize: 15, maxBatchesInFlight: 2 });
    await created(world, 2);
    await eventually(async () => (await job.progress()).batches === 2);

    await job.cancel();
    const { summary } = await canceled(job);

    expect(summary).toMatchObject({ state: 'canceled', chunks: 4, batches: 2, documents: 60 });
    expect(await job.summary()).toEqual(summary);
    expect(await statusOf(world, job.id)).toBe('CANCELLED');
    expect(await statusOf(world, `${job.id}/chunk-0`)).toBe('CANCELLED');
    expect(await job.progress()).toMatchObject({ state: 'canceled', done: 60 });

    const results = await checkedResults(job, summary!, input);
    const books = await world.simulator.books();
    expect(books.batches.map((batch) => batch.canceled)).toEqual([true, true]);
    expect(summary!.counts.succeeded).toBeGreaterThan(0);
    expect(summary!.counts.canceled).toBeGreaterThan(0);
    expect(summary!.counts.not_sent).toBe(30);
    for (const [index, result] of results.entries()) {
      if (result.status === 'succeeded') expect(result.class).toBe('succeeded');
      else expect(result).toMatchObject({ class: 'not_sent', status: index < 30 ? 'canceled' : 'not_sent' });
    }
    await expectBilledOnce(world.simulator, summary!);
    expect(world.simulator.calls().create).toBe(2);
  });

  test('during a create: the job awaits the answer and cancels the batch', async () => {
    const world = await workingWorld({
      duration: HOUR,
      faults: { http: [{ kind: 'delay', endpoint: 'create', ms: 5_000 }] },
    });
    const input = documents(5);
    const job = await world.start({ input: { documents: input } });
    await created(world, 1);

    await job.cancel();
    const { summary } = await canceled(job);

    await checkedResults(job, summary!, input);
    expect((await world.simulator.books()).batches).toMatchObject([{ canceled: true }]);
    expect(summary).toMatchObject({ state: 'canceled', batches: 1 });
    await expectBilledOnce(world.simulator, summary!);
  });

  test('between two rounds: the results of the first round are kept', async () => {
    const world = await workingWorld();
    const input = documents(6, (index) => `Document ${index}${index < 2 ? ' [[sim:overloaded_error]]' : ''}`);
    const job = await world.start({
      input: { documents: input },
      pollFloor: '3s',
      pollCeiling: '1h',
      maxRounds: 20,
    });
    // In the table, non-breaking spaces keep the words of a state on one line.
    await eventually(async () => /\| backing\soff \|/.test(await details(world, job.id)));

    await job.cancel();
    const { summary } = await canceled(job);

    const results = await checkedResults(job, summary!, input);
    expect(summary).toMatchObject({ state: 'canceled', succeeded: 4 });
    expect(results[0]).toMatchObject({ status: 'errored', class: 'transient' });
    await expectBilledOnce(world.simulator, summary!);
  });

  test('while paused', async () => {
    // The API answers nothing before the job is paused, so nothing is planned.
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const world = await workingWorld({ now: () => released.then(Date.now) });
    const input = documents(4);
    const job = await world.start({ input: { documents: input } });
    await job.pause();
    release();
    await eventually(async () => (await job.progress()).state === 'paused');

    await job.cancel();
    const { summary } = await canceled(job);

    expect(summary).toMatchObject({ state: 'canceled', documents: 4, counts: { not_sent: 4 } });
    await checkedResults(job, summary!, input);
    expect(world.simulator.calls().create).toBe(0);
  });
});

describe.concurrent('pause and resume', () => {
  /** The first batch ends when the test moves the clock. */
  const longFirst = ({ number }: { number: number }) => (number === 0 ? HOUR : 300);

  test('a paused job sends no chunk, still collects batches in flight, and continues when it is resumed', async () => {
    const world = await workingWorld({ duration: longFirst });
    const input = documents(30);
    const job = await world.start({ input: { documents: input }, chunkSize: 10, maxBatchesInFlight: 1 });
    await created(world, 1);

    await job.pause();
    world.simulator.clock.advance(HOUR);
    await eventually(async () => (await job.progress()).chunks.done === 1);
    expect(await job.progress()).toMatchObject({ state: 'paused', done: 10, chunks: { running: 1 } });
    // Another job runs to its end meanwhile, so the paused one had time to send.
    const other = await world.start({ input: { documents: [{ id: 'other', text: 'Another' }] } });
    await other.result();
    expect(await sentTexts(world.simulator)).toEqual([
      ...input.slice(0, 10).map(({ text }) => text),
      'Another',
    ]);

    await job.resume();
    const summary = await job.result();
    await expectAllAnswered(job, summary, input);
    expect(world.simulator.calls().create).toBe(4);
    expect((await world.simulator.books()).billed).toMatchObject({ repeated: 0, requests: 31 });
  });

  test('a job notices a resume although its message is lost, and no step counts as failed', async () => {
    const world = await workingWorld();
    const job = await world.start({ input: { documents: documents(3) } });
    await job.pause();
    // The attempt that was waiting has ended, and nothing has failed.
    await eventually(async () => {
      const { raw } = await world.client.workflow.getHandle(`${job.id}/chunk-0`).describe();
      const [waiting] = raw.pendingActivities ?? [];
      return waiting?.activityType?.name === 'anthropicAwaitRequest' && waiting.attempt === 2;
    });
    expect(await job.retrying()).toEqual([]);

    await recordRequest(new FileStore(world.store), await job.ref(), { kind: 'resume' }, () => {});
    expect(await job.result()).toMatchObject({ succeeded: 3 });
  });

  test('a paused job sends no further round', async () => {
    const world = await workingWorld({ duration: longFirst });
    const input = documents(
      4,
      (index) => `Document ${index}${index < 2 ? ' [[sim:overloaded_error:times=1]]' : ''}`,
    );
    const job = await world.start({ input: { documents: input } });
    await created(world, 1);
    await job.pause();
    world.simulator.clock.advance(HOUR);
    await eventually(async () => (await details(world, job.id)).includes('| 0 | paused |'));
    expect(world.simulator.calls().create).toBe(1);

    await job.resume();
    const summary = await job.result();
    await expectAllAnswered(job, summary, input);
    expect(world.simulator.calls().create).toBe(2);
    await expectBilledOnce(world.simulator, summary);
  });

  test('a pause of an ended or unknown job is refused with the reason', async () => {
    const world = await workingWorld();
    const job = await world.start({ input: { documents: documents(1) } });
    await job.result();
    for (const action of ['pause', 'resume', 'cancel'] as const) {
      const error = await job[action]().catch((error: unknown) => error);
      expect(error).toBeInstanceOf(JobStateError);
      expect((error as Error).message).toBe(`The job "${job.id}" has ended: there is nothing to ${action}.`);
    }
    const unknown = await world.batches.get('no such job');
    await expect(unknown.pause()).rejects.toThrow(JobNotFoundError);
  });
});

describe.concurrent('a chunk that fails', () => {
  /** The API refuses the second batch permanently. */
  const SECOND_REFUSED: Partial<SimulatorOptions> = {
    faults: { http: [{ kind: 'status', endpoint: 'create', status: 400, skip: 1 }] },
  };

  test('does not stop the other chunks', async () => {
    const world = await workingWorld(SECOND_REFUSED);
    const input = documents(30);
    const job = await world.start({ input: { documents: input }, chunkSize: 10, maxBatchesInFlight: 1 });
    const summary = await job.result();

    expect(summary).toMatchObject({
      state: 'completed',
      chunks: 3,
      batches: 2,
      succeeded: 20,
      failures: [
        { chunk: 1, message: 'The Anthropic API answered 400 invalid_request_error: Simulated 400' },
      ],
    });
    const results = await checkedResults(job, summary, input);
    for (const [index, result] of results.entries()) {
      if (index < 10 || index >= 20) expect(result.status).toBe('succeeded');
      else {
        expect(result).toMatchObject({
          status: 'not_sent',
          class: 'not_sent',
          attempts: 0,
          error: { type: 'chunk_failed', message: summary.failures[0]!.message },
        });
      }
    }
    expect(await statusOf(world, `${job.id}/chunk-1`)).toBe('FAILED');
    await expectBilledOnce(world.simulator, summary);
  });

  test('keeps the results of its earlier rounds', async () => {
    const world = await workingWorld(SECOND_REFUSED);
    const input = documents(
      4,
      (index) => `Document ${index}${index === 2 ? ' [[sim:api_error:times=1]]' : ''}`,
    );
    const job = await world.start({ input: { documents: input } });
    const summary = await job.result();

    expect(summary).toMatchObject({ state: 'completed', succeeded: 3, failures: [{ chunk: 0 }] });
    const results = await checkedResults(job, summary, input);
    expect(results[2]).toMatchObject({ status: 'errored', class: 'transient', attempts: 1 });
    await expectBilledOnce(world.simulator, summary);
  });
});

describe.concurrent('a job survives transient errors of the API:', () => {
  const carried = async (faults: HttpFault[], chunks = 1) => {
    const world = await workingWorld({ faults: { http: faults } });
    const input = documents(chunks * 10);
    const job = await world.start({ input: { documents: input }, chunkSize: 10 });
    const summary = await job.result();
    const results = await expectAllAnswered(job, summary, input);
    expect(summary.failures).toEqual([]);
    expect(results.every(({ attempts }) => attempts === 1)).toBe(true);
    await expectBilledOnce(world.simulator, summary);
    expect(world.simulator.faults.get().fired).toEqual(faults.map(({ times = 1 }) => times));
    return world.simulator;
  };

  test('429 with retry-after and 529 on a create: nothing was bought, and the batch is resent', async () => {
    const simulator = await carried([
      { kind: 'status', endpoint: 'create', status: 429, retryAfter: 2 },
      { kind: 'status', endpoint: 'create', status: 529 },
      { kind: 'status', endpoint: 'create', status: 429, retryAfter: 1, afterBytes: 0 },
    ]);
    expect(simulator.calls().create).toBe(4);
    expect(await simulator.batches()).toHaveLength(1);
  });

  test('429, 500, 529, a lost connection and a transient 404 on a retrieve', async () => {
    const simulator = await carried([
      { kind: 'status', endpoint: 'retrieve', status: 404 },
      { kind: 'status', endpoint: 'retrieve', status: 429, retryAfter: 1 },
      { kind: 'status', endpoint: 'retrieve', status: 529 },
      { kind: 'status', endpoint: 'retrieve', status: 500 },
      { kind: 'drop', endpoint: 'retrieve' },
      { kind: 'status', endpoint: 'retrieve', status: 502, proxy: true },
    ]);
    expect(simulator.calls().create).toBe(1);
  });

  test('429, 529 and 404 on the results, cut in mid-line and on a line boundary', async () => {
    // Each chunk meets one of them, and its results are fetched again.
    const faults: HttpFault[] = [
      { kind: 'status', endpoint: 'results', status: 429, retryAfter: 1 },
      { kind: 'status', endpoint: 'results', status: 529 },
      { kind: 'status', endpoint: 'results', status: 404 },
      { kind: 'cut', endpoint: 'results', at: 'line' },
      { kind: 'cut', endpoint: 'results', at: 'line', clean: true },
      { kind: 'cut', endpoint: 'results', at: 'boundary' },
      { kind: 'cut', endpoint: 'results', at: 'boundary', clean: false },
      { kind: 'cut', endpoint: 'results', at: 'boundary', rows: 0 },
      { kind: 'cut', endpoint: 'results', at: 'line', rows: 9, clean: true },
      { kind: 'drop', endpoint: 'results' },
    ];
    const simulator = await carried(faults, 10);
    expect(simulator.calls().create).toBe(10);
    expect(simulator.calls().results).toBe(20);
  });

  test('429 and 529 before anything is sent', async () => {
    await carried([
      { kind: 'status', endpoint: 'list', status: 429, retryAfter: 1 },
      { kind: 'status', endpoint: 'list', status: 529 },
      { kind: 'status', endpoint: 'list', status: 500, skip: 1 },
    ]);
  });

  test('429 and 500 on a cancel', async () => {
    const world = await workingWorld({
      duration: HOUR,
      faults: {
        http: [
          { kind: 'status', endpoint: 'cancel', status: 429, retryAfter: 1 },
          { kind: 'status', endpoint: 'cancel', status: 500 },
        ],
      },
    });
    const input = documents(5);
    const job = await world.start({ input: { documents: input } });
    await created(world, 1);
    await job.cancel();
    const { summary } = await canceled(job);
    await checkedResults(job, summary!, input);
    expect((await world.simulator.books()).batches).toMatchObject([{ canceled: true }]);
    expect((await collect(job.results())).length).toBe(5);
  });
});
