import type { JobHandle, Result } from 'temporal-anthropic-batch/client';
import { beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually';
import { documents, HOUR, type Skipping, skipping, template } from './skipping';

const MONTH = 30 * 24 * HOUR;
const DOCUMENTS = 20;

let world: Skipping;

beforeAll(async () => {
  world = await skipping({ duration: HOUR });
});

const start = (id: string, resendLostResults: boolean) =>
  world.batches.start({ id, input: { documents: documents(DOCUMENTS) }, template, resendLostResults });

/** Runs an action. Returns how many creates it took, and how many requests were paid for. */
async function counting<T>(work: () => Promise<T>) {
  const before = {
    create: world.simulator.calls().create,
    paid: (await world.simulator.books()).billed.requests,
  };
  const value = await work();
  const { billed } = await world.simulator.books();
  return {
    value,
    creates: world.simulator.calls().create - before.create,
    paid: billed.requests - before.paid,
  };
}

/** A job whose worker was away for a month after its batch was sent. */
async function afterAMonth(id: string, resend: boolean): Promise<JobHandle> {
  const known = (await world.simulator.batches()).length;
  const job = await start(id, resend);
  await eventually(async () => (await world.simulator.batches()).length > known);
  world.simulator.clock.advance(MONTH);
  return job;
}

async function all(job: JobHandle): Promise<Result[]> {
  const results = [];
  for await (const result of job.results()) results.push(result);
  return results;
}

it('each document reports that its results are older than 29 days, and nothing is resent', async () => {
  const { value: job, creates } = await counting(async () => {
    const job = await afterAMonth('archived', false);
    await job.result();
    return job;
  });
  const [batch] = await world.simulator.batches();
  const summary = await job.summary();
  const why = expect.stringMatching(`^The results of the batch ${batch!.id} are gone: it was archived at `);
  expect(summary).toMatchObject({ state: 'completed', succeeded: 0, failed: DOCUMENTS, batches: 1 });
  expect(summary!.failures).toEqual([{ chunk: 0, message: why }]);
  for (const result of await all(job)) {
    expect(result).toMatchObject({
      class: 'permanent',
      attempts: 1,
      batch_id: batch!.id,
      error: { type: 'results_unavailable', message: expect.stringContaining('was archived at') },
    });
  }
  expect(creates).toBe(1);
});

it('a job with resendLostResults resends them, pays again, and counts that as a round', async () => {
  const {
    value: job,
    creates,
    paid,
  } = await counting(async () => {
    const job = await afterAMonth('resent', true);
    await job.result();
    return job;
  });
  expect(await job.summary()).toMatchObject({
    succeeded: DOCUMENTS,
    failed: 0,
    rounds: 2,
    batches: 2,
    failures: [],
  });
  for (const { attempts } of await all(job)) expect(attempts).toBe(2);
  expect({ creates, paid }).toEqual({ creates: 2, paid: 2 * DOCUMENTS });
});

it('a batch that the API denies for an hour counts as gone; one that it denies for minutes does not', async () => {
  const { simulator } = world;
  // The first batch is not known at its first 37 polls, which take an hour, and when it is written off; the
  // second at its first 22 polls, which take minutes.
  simulator.faults.set({ http: [{ kind: 'status', endpoint: 'retrieve', status: 404, times: 60 }] });
  const { value: summary, creates } = await counting(async () => (await start('unknown', true)).result());
  expect(simulator.faults.get().fired).toEqual([60]);
  expect(summary).toMatchObject({ succeeded: DOCUMENTS, rounds: 2, batches: 2 });
  expect(creates).toBe(2);
});

it('a batch is not written off if the API has it again at that moment, because the workers had a key of another workspace', async () => {
  const { simulator } = world;
  simulator.faults.set({ http: [{ kind: 'status', endpoint: 'retrieve', status: 404, times: 37 }] });
  const { value: summary, creates } = await counting(async () => (await start('known again', true)).result());
  expect(simulator.faults.get().fired).toEqual([37]);
  expect(summary).toMatchObject({ succeeded: DOCUMENTS, rounds: 1, batches: 1 });
  expect(creates).toBe(1);
});

it('a chunk waits for results that are not available yet when their batch has ended', async () => {
  const { simulator } = world;
  simulator.faults.set({ http: [{ kind: 'status', endpoint: 'results', status: 404, times: 3 }] });
  const { value: summary, creates } = await counting(async () => (await start('late', true)).result());
  expect(simulator.faults.get().fired).toEqual([3]);
  expect(summary).toMatchObject({ succeeded: DOCUMENTS, rounds: 1, batches: 1 });
  expect(creates).toBe(1);
});

it('results that are never available count as gone after an hour, and each document reports it', async () => {
  const { simulator } = world;
  simulator.faults.set({ http: [{ kind: 'status', endpoint: 'results', status: 404, times: null }] });
  const job = await start('never', false);
  expect(await job.result()).toMatchObject({ succeeded: 0, failed: DOCUMENTS, batches: 1 });
  for (const { error } of await all(job)) {
    expect(error).toMatchObject({
      type: 'results_unavailable',
      message: expect.stringContaining('although it has ended'),
    });
  }
});

it('missing rows fail only their own documents, after an hour', async () => {
  const { simulator } = world;
  simulator.faults.set({
    http: [{ kind: 'odd-row', row: 'missing', endpoint: 'results', rows: 3, times: null }],
  });
  const { value: job, creates } = await counting(async () => {
    const job = await start('some never', false);
    await job.result();
    return job;
  });
  const summary = await job.summary();
  expect(summary).toMatchObject({
    state: 'completed',
    succeeded: DOCUMENTS - 3,
    failed: 3,
    odd: { missing: 3 },
    failures: [],
  });
  const lost = (await all(job)).filter(({ status }) => status === 'errored');
  expect(lost.map(({ error }) => error?.type)).toEqual(Array(3).fill('results_unavailable'));
  expect(creates).toBe(1);
  // When the job has ended, the server's clock jumps ahead.
  const { startTime, closeTime } = await world.env.client.workflow.getHandle(job.id).describe();
  const took = closeTime!.getTime() - startTime.getTime();
  expect(took).toBeGreaterThan(2 * HOUR);
  expect(took).toBeLessThan(4 * HOUR);
});

it('a job with resendLostResults resends only the requests of missing rows', async () => {
  const { simulator } = world;
  const fault = { kind: 'odd-row', row: 'missing', endpoint: 'results', rows: 3, times: null } as const;
  // The first batch lacks rows; the second does not.
  const known = (await simulator.batches()).length;
  const {
    value: job,
    creates,
    paid,
  } = await counting(async () => {
    const job = await start('some resent', true);
    await eventually(async () => (await simulator.batches()).length > known);
    simulator.faults.set({ http: [{ ...fault, batch: (await simulator.batches())[0]!.id }] });
    await job.result();
    return job;
  });
  expect(await job.summary()).toMatchObject({
    succeeded: DOCUMENTS,
    failed: 0,
    rounds: 2,
    odd: { missing: 3 },
  });
  expect({ creates, paid }).toEqual({ creates: 2, paid: DOCUMENTS + 3 });
});
