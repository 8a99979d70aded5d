import type { JobHandle, JobOptions } from 'temporal-anthropic-batch/client';
import { describe, expect, it } from 'vitest';
import { documents, HOUR, skipping, template } from './skipping';

/** Tries in about 20 hours at the default intervals: pauses grow to 15 minutes, and are spread to 22. */
const TRIES = 72;

it('a key refused for most of a day causes a few messages to the job, and one try of the chunk every 15 minutes', async () => {
  const { batches, simulator, env, chunkEvents } = await skipping();
  // The first step's check of the key passes.
  simulator.faults.set({
    http: [{ kind: 'status', status: 401, endpoint: 'list', skip: 1, times: TRIES }],
  });
  const from = await env.currentTimeMs();
  const job = await batches.start({ id: 'refused', input: { documents: documents(10) }, template });
  expect(await job.result()).toMatchObject({ state: 'completed', succeeded: 10, batches: 1, failures: [] });

  expect(simulator.faults.get().fired).toEqual([TRIES]);
  expect((await env.currentTimeMs()) - from).toBeGreaterThan(17 * HOUR);
  const { events } = await env.client.workflow.getHandle(job.id).fetchHistory();
  const told = events!.filter((event) => event.workflowExecutionSignaledEventAttributes);
  // One message each: sending, waiting with the reason, batch in progress.
  expect(told).toHaveLength(3);
  const perTry = (await chunkEvents(job.id, 0)) / TRIES;
  expect(perTry, `${perTry} events a try`).toBeLessThan(15);
});

describe('an API that fails the first call of a job', () => {
  /** An API that answers a number of lists, or all, with a status, and reports each of them. */
  async function refusing(
    status: number,
    times: number,
    asked: (lists: number) => Promise<void> = async () => {},
  ) {
    let lists = 0;
    const fetch: typeof globalThis.fetch = async (...call) => {
      const isList = /batches\?/.test(String(call[0]));
      if (!isList || ++lists > times) return globalThis.fetch(...call);
      await asked(lists);
      const type = status === 400 ? 'invalid_request_error' : 'api_error';
      return Response.json({ type: 'error', error: { type, message: 'Not now.' } }, { status });
    };
    const world = await skipping({}, { fetch });
    const start = (spec: Partial<JobOptions> = {}) =>
      world.batches.start({ id: 'first', input: { documents: documents(3) }, template, ...spec });
    const events = async () => {
      const { events } = await world.env.client.workflow.getHandle('first').fetchHistory();
      return events!.length;
    };
    /** Waits until the job has ended, after which the server's clock runs ahead. */
    const took = async () => {
      const { startTime, closeTime } = await world.env.client.workflow.getHandle('first').describe();
      return closeTime!.getTime() - startTime.getTime();
    };
    return { ...world, start, took, events, lists: () => lists };
  }

  it('makes the job wait, and its status says so', async () => {
    let job: JobHandle | undefined;
    const waiting: (string | undefined)[] = [];
    const { start, lists, batches } = await refusing(503, 12, async () => {
      job ??= await batches.get('first');
      waiting.push((await job.progress()).waiting);
    });
    job = await start();
    expect(await job.result()).toMatchObject({ state: 'completed', succeeded: 3 });
    expect(waiting[0]).toBeUndefined();
    expect(waiting.slice(1)).toEqual(Array(11).fill(expect.stringContaining('answered 503')));
    expect(lists()).toBeGreaterThan(12);
    expect((await job.progress()).waiting).toBeUndefined();
  });

  it.each([
    [undefined, 24],
    ['2h', 2],
  ])('makes the job wait for its maximum time, %s', async (waitForWorker, hours) => {
    const { took, start, simulator, events } = await refusing(503, Number.POSITIVE_INFINITY);
    const error = await (await start({ waitForWorker })).result().catch((e) => e);
    expect(error).toMatchObject({ name: 'JobFailedError', type: 'anthropic.Unavailable' });
    expect(await took()).toBeGreaterThanOrEqual(hours * HOUR);
    expect(await took()).toBeLessThan((hours + 0.1) * HOUR);
    expect(simulator.calls().create).toBe(0);
    expect(await events()).toBeLessThan(5_000);
  });

  it('fails the job at once if waiting cannot help', async () => {
    const { took, start, lists } = await refusing(400, Number.POSITIVE_INFINITY);
    const error = await (await start()).result().catch((e) => e);
    expect(error).toMatchObject({ name: 'JobFailedError', type: 'anthropic.Refused' });
    expect(lists()).toBe(6);
    expect(await took()).toBeLessThan(60_000);
  });
});
