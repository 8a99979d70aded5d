import Anthropic from '@anthropic-ai/sdk';
import type { JobHandle } from 'temporal-anthropic-batch/client';
import type { Endpoint, HttpFault } from 'temporal-anthropic-batch/simulator';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually';
import { checkedResults, details, expectAllAnswered, expectBilledOnce } from '../support/job-checks';
import { documents, type JobWorld, jobWorld, runWorker, workingWorld } from '../support/job-world';

const HOUR = 3_600_000;

/** Waits until the job, its table in the UI and the chunk's details show why it waits. */
async function waits(world: JobWorld, job: JobHandle, reason: RegExp): Promise<void> {
  await eventually(async () => reason.test((await job.progress()).waiting ?? ''), {
    what: `waiting: ${reason}`,
  });
  for (const id of [job.id, `${job.id}/chunk-0`]) {
    await eventually(async () => reason.test((await details(world, id)).split('**Waiting:** ')[1] ?? ''), {
      what: `the details of ${id}, waiting: ${reason},`,
    });
  }
}

/** The messages that the chunks sent to the job's workflow. */
async function told({ client }: JobWorld, job: JobHandle): Promise<string[]> {
  const { events } = await client.workflow.getHandle(job.id).fetchHistory();
  return (events ?? [])
    .map((event) => event.workflowExecutionSignaledEventAttributes)
    .filter((signal) => signal?.signalName === 'anthropicChunkState')
    .map((signal) => JSON.parse(Buffer.from(signal!.input!.payloads![0]!.data!).toString('utf8')).phase);
}

/** The API's answer, and the text that a person reads. */
type Refusal = [words: Partial<HttpFault>, shown: RegExp];

/** Refuses every call of one kind with this answer. */
const refusing = (endpoint: Endpoint, words: Partial<HttpFault>) => ({
  http: [{ kind: 'status', endpoint, times: null, ...words } as HttpFault],
});

describe.concurrent('a job waits, and shows why, while the API refuses', () => {
  const key: Refusal = [{ status: 401 }, /answered 401 authentication_error\. Check the API key/];
  const queue: Refusal = [
    { status: 429, retryAfter: 1 },
    /answered 429 rate_limit_error\. .*the limit of requests in processing, is reached/,
  ];
  const payment: Refusal = [{ status: 402 }, /answered 402 billing_error\. Add credit/];
  const credit: Refusal = [
    { status: 400, message: 'Your credit balance is too low to access the Anthropic API.' },
    /answered 400 invalid_request_error\. Add credit or raise the spend limit/,
  ];

  test.each<[string, Refusal, Refusal]>([
    ['a key that is disabled, and the limit of requests in processing', key, queue],
    ['an account that cannot pay, in both of the API’s forms', payment, credit],
  ])('a create: %s', async (_, [words, reason], [laterWords, laterReason]) => {
    const world = await jobWorld({ faults: refusing('create', words) });
    const { simulator } = world;
    await runWorker(world);
    const input = documents(10);
    const job = await world.start({ input: { documents: input } });

    await waits(world, job, reason);
    await eventually(() => simulator.calls().create >= 2, { what: 'another try' });
    // The chunk sends the job the first failure and its reason, and none of the later ones.
    expect(await told(world, job)).toEqual(['submitting', 'backing off']);
    simulator.faults.set(refusing('create', laterWords));
    await waits(world, job, laterReason);
    simulator.faults.clear();
    const summary = await job.result();

    await expectAllAnswered(job, summary, input);
    await expectBilledOnce(simulator, summary);
    expect(await simulator.batches()).toHaveLength(1);
    expect((await job.progress()).waiting).toBeUndefined();
  });

  test('a poll and a download because of a dead key, until the workers have another', async () => {
    const apiKeys = ['test-key'];
    const faults = refusing('results', { status: 403 });
    const world = await jobWorld({ apiKeys, duration: HOUR, faults });
    const { simulator } = world;
    const first = await runWorker(world);
    const input = documents(10);
    const job = await world.start({ input: { documents: input } });
    await eventually(async () => (await job.progress()).batches === 1);

    apiKeys.splice(0, 1, 'another-key');
    simulator.clock.advance(HOUR);
    await waits(world, job, /answered 401 authentication_error\. Check the API key/);
    first.shutdown();
    await runWorker(world, { anthropic: new Anthropic({ baseURL: simulator.url, apiKey: 'another-key' }) });
    await waits(world, job, /answered 403 permission_error\. Check the API key/);
    await eventually(() => simulator.calls().results >= 3, { what: 'more tries' });
    simulator.faults.clear();
    const summary = await job.result();

    await expectAllAnswered(job, summary, input);
    await expectBilledOnce(simulator, summary);
    expect(simulator.calls().create).toBe(1);
  });

  test('a cancellation because of a dead key; the batch is canceled once the key works again', async () => {
    const world = await workingWorld({ duration: HOUR });
    const input = documents(10);
    const job = await world.start({ input: { documents: input } });
    await eventually(async () => (await job.progress()).batches === 1);

    world.simulator.faults.set(refusing('cancel', { status: 401 }));
    await job.cancel();
    await waits(world, job, /answered 401 .*Check the API key/);
    world.simulator.faults.clear();
    await expect(job.result()).rejects.toThrow();

    expect((await world.simulator.books()).batches).toMatchObject([{ canceled: true }]);
    const summary = await job.summary();
    await checkedResults(job, summary!, input);
    await expectBilledOnce(world.simulator, summary!);
  });

  test('requests that failed for insufficient credit are resent, beyond the job’s maxRounds', async () => {
    const world = await workingWorld();
    const text = ['[[sim:billing_error:times=2]]', '[[sim:overloaded_error]]', 'plain'];
    const input = documents(6, (index) => `Document ${index} ${text[index % 3]}`);
    const job = await world.start({ input: { documents: input }, maxRounds: 1 });

    await waits(world, job, /the account could not pay for 2 of the requests/);
    const summary = await job.result();

    const results = await checkedResults(job, summary, input);
    expect(summary).toMatchObject({ state: 'completed', succeeded: 4, batches: 3, rounds: 3 });
    expect(results.map(({ status, attempts }) => `${status} ${attempts}`)).toEqual([
      ...['succeeded 3', 'errored 1', 'succeeded 1'],
      ...['succeeded 3', 'errored 1', 'succeeded 1'],
    ]);
    await expectBilledOnce(world.simulator, summary);
  });
});

test.concurrent('a request that the API refuses because of its content fails its chunk at once', async () => {
  const fault: HttpFault = { kind: 'status', status: 400, endpoint: 'create' };
  const world = await workingWorld({ faults: { http: [fault] } });
  const input = documents(10);
  const job = await world.start({ input: { documents: input }, chunkSize: 5 });
  const summary = await job.result();

  await checkedResults(job, summary, input);
  expect(summary).toMatchObject({ state: 'completed', succeeded: 5, counts: { not_sent: 5 } });
  expect(summary.failures).toMatchObject([{ message: expect.stringContaining('answered 400') }]);
  expect(world.simulator.calls().create).toBe(2);
});
