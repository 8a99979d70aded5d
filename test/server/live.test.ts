import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobSummary } from 'temporal-anthropic-batch/client';
import type { HttpFault, Simulator, Tokens } from 'temporal-anthropic-batch/simulator';
import { describe, expect, test } from 'vitest';
import { runCli, spawnWorker } from '../support/cli';
import { eventually } from '../support/eventually';
import { attempts, checkedResults, details } from '../support/job-checks';
import { documents, type JobWorld, jobWorld, workingWorld } from '../support/job-world';
import { reset, resetPoints } from '../support/resets';
import { tempDir } from '../support/temp-dir';
import { TEMPLATE } from '../support/template';

const messages = (fault: object): { http: HttpFault[] } => ({
  http: [{ endpoint: 'messages', ...fault } as HttpFault],
});

/**
 * What `claude-haiku-5-5` costs by the simulator's books, in pico-USD: 0.10 and 0.50 USD per million tokens,
 * half of it in a batch.
 */
const priceOf = ({ input_tokens: input, output_tokens: output }: Tokens) =>
  BigInt(input) * 100_000n + BigInt(output) * 500_000n;

async function billed(simulator: Pick<Simulator, 'books'>): Promise<bigint> {
  const books = await simulator.books();
  return priceOf(books.messages.usage) + priceOf(books.billed.usage) / 2n;
}

/** A decimal amount in pico-USD. */
function pico(usd: string): bigint {
  const [whole, part = ''] = usd.split('.');
  return BigInt(whole! + part.padEnd(12, '0'));
}

const paid = ({ cost }: JobSummary) => pico(cost!.paid);

const called = (world: JobWorld, count: number) =>
  eventually(() => world.simulator.calls().messages >= count, { what: `${count} calls` });

describe.concurrent('a job of few requests', () => {
  test('is answered without a batch, at full price', async () => {
    const world = await workingWorld();
    // Duplicate requests are sent once, and are not counted.
    const input = documents(35, (index) => `Document ${index % 30}`);
    const job = await world.start({ input: { documents: input }, liveBelow: 31, chunkSize: 20 });
    const summary = await job.result();
    expect(summary).toMatchObject({
      state: 'completed',
      succeeded: 35,
      equal: 5,
      batches: 0,
      rounds: 1,
      live: 30,
    });
    expect(summary.maybePaidTwice).toBeUndefined();
    const results = await checkedResults(job, summary, input);
    expect(results.map(({ batch_id, attempts }) => [batch_id, attempts])).toEqual(input.map(() => [null, 1]));
    expect(world.simulator.calls()).toMatchObject({ create: 0, messages: 30 });
    expect(summary.cost).toMatchObject({ requests: 30, saved: '0.00' });
    expect(paid(summary)).toBe(await billed(world.simulator));
    expect(await job.progress()).toMatchObject({ live: 30 });
    expect(await details(world, job.id)).toContain('**Live requests:** 30 requests, at full price');
  });

  test('is sent as batches if its requests reach the option’s number, also if each batch is small', async () => {
    const world = await workingWorld();
    const job = await world.start({ input: { documents: documents(30) }, liveBelow: 30, chunkSize: 10 });
    const summary = await job.result();
    expect(summary).toMatchObject({ succeeded: 30, batches: 3 });
    expect(summary.live).toBeUndefined();
    expect(world.simulator.calls()).toMatchObject({ create: 3, messages: 0 });
  });

  test('shows why it is sent live, waits visibly for a dead key, and is not ended by a pause', async () => {
    const world = await workingWorld({
      faults: messages({ kind: 'status', status: 401, skip: 4, times: null }),
    });
    const input = documents(40);
    const job = await world.start({ input: { documents: input }, liveBelow: 41 });
    await eventually(async () => ((await job.progress()).waiting ?? '').includes('401'));
    const shown = await details(world, `${job.id}/chunk-0`);
    expect(shown).toContain('sent live, at full price, because there are fewer than 41 (liveBelow)');
    expect(shown).toContain('401 authentication_error');
    await job.pause();
    await eventually(async () => (await details(world, `${job.id}/chunk-0`)).includes('**paused**'));
    world.simulator.faults.clear();
    const { messages: before } = world.simulator.calls();
    await job.resume();
    const summary = await job.result();
    await checkedResults(job, summary, input);
    expect(summary).toMatchObject({ succeeded: 40, live: 40, rounds: 1 });
    expect(world.simulator.calls().messages).toBe(before + 36);
    expect((await world.simulator.books()).messages).toMatchObject({ requests: 40, repeated: 0 });
    expect(paid(summary)).toBe(await billed(world.simulator));
  });

  test('keeps its answers if it is canceled, and a retry sends only the rest', async () => {
    const world = await workingWorld({ faults: messages({ kind: 'delay', ms: 3_000, times: null }) });
    const input = documents(40);
    const job = await world.start({ input: { documents: input }, liveBelow: 41 });
    await called(world, 10);
    await job.cancel();
    await expect(job.result()).rejects.toThrow();
    const summary = (await job.summary())!;
    const results = await checkedResults(job, summary, input);
    const { requests } = (await world.simulator.books()).messages;
    expect(summary).toMatchObject({ state: 'canceled', succeeded: requests, live: requests });
    expect(requests).toBeLessThan(40);
    expect(new Set(results.map((result) => result.class))).toEqual(new Set(['succeeded', 'not_sent']));
    expect(paid(summary)).toBe(await billed(world.simulator));

    world.simulator.faults.clear();
    const retried = await (await world.batches.retry(job.id)).result();
    expect(retried).toMatchObject({ state: 'completed', succeeded: 40 - requests, live: 40 - requests });
    expect((await world.simulator.books()).messages).toMatchObject({ requests: 40, repeated: 0 });
  });

  test('is collected by a reconciliation, which sends nothing, if it is terminated', async () => {
    const world = await workingWorld({ faults: messages({ kind: 'delay', ms: 3_000, times: null }) });
    const input = documents(40);
    const job = await world.start({ input: { documents: input }, liveBelow: 41 });
    await called(world, 10);
    await world.client.workflow.getHandle(job.id).terminate();
    const [reconciliation] = await world.batches.reconcile({ job: job.id });
    const summary = await reconciliation!.result();
    const { messages: calls } = world.simulator.calls();
    await checkedResults(job, summary, input);
    const { requests, repeated } = (await world.simulator.books()).messages;
    expect(repeated).toBe(0);
    expect(summary).toMatchObject({ succeeded: requests, live: requests });
    expect(requests).toBe(calls);
    expect(requests).toBeLessThan(40);
    expect(paid(summary)).toBe(await billed(world.simulator));
  });

  test('reuses its answers if it is reset to before it was sent', async () => {
    const world = await workingWorld({ faults: messages({ kind: 'delay', ms: 300, times: null }) });
    const input = documents(30);
    const job = await world.start({ input: { documents: input }, liveBelow: 31 });
    await called(world, 10);
    const chunk = `${job.id}/chunk-0`;
    const run = await resetPoints(world, chunk);
    await reset(world, run, run.points[0]!);
    const summary = await job.result();
    await checkedResults(job, summary, input);
    expect(summary).toMatchObject({ succeeded: 30, live: 30 });
    expect((await world.simulator.books()).messages).toMatchObject({ requests: 30, repeated: 0 });
    expect(await attempts(world.store)).toEqual(['commit -']);
  });
});

test.concurrent('a small retry round after a batch is sent live', async () => {
  const world = await workingWorld();
  const input = documents(50, (index) =>
    index % 10 === 0 ? `Document ${index} [[sim:errored:overloaded_error:times=1]]` : `Document ${index}`,
  );
  const job = await world.start({ input: { documents: input }, liveBelow: 6 });
  const summary = await job.result();
  expect(summary).toMatchObject({ succeeded: 50, batches: 1, rounds: 2, live: 5 });
  const results = await checkedResults(job, summary, input);
  const singly = results.filter(({ batch_id }) => batch_id === null);
  expect(singly.map(({ id, attempts }) => [id, attempts])).toEqual(
    [0, 10, 20, 30, 40].map((n) => [`doc-${n}`, 2]),
  );
  expect(world.simulator.calls()).toMatchObject({ create: 1, messages: 5 });
  expect(paid(summary)).toBe(await billed(world.simulator));
});

test.concurrent('a worker killed with -9 during a live round loses no row, and possible double payments are counted', async () => {
  const world = await jobWorld({ faults: messages({ kind: 'delay', ms: 700, times: null }) });
  const spawn = () =>
    spawnWorker({
      server: world.server,
      store: world.store,
      taskQueue: world.taskQueue,
      anthropicBaseUrl: world.simulator.url,
      args: ['--submit-grace', '1m'],
    });
  const first = await spawn();
  const input = documents(40);
  const job = await world.start({ input: { documents: input }, liveBelow: 41 });
  await called(world, 12);
  await first.kill9();
  await spawn();
  const summary = await job.result();
  await checkedResults(job, summary, input);
  const { requests, repeated } = (await world.simulator.books()).messages;
  expect(summary).toMatchObject({ state: 'completed', succeeded: 40, rounds: 2 });
  expect(requests).toBe(40 + repeated);
  expect(repeated).toBeGreaterThan(0);
  expect(summary.maybePaidTwice).toBeGreaterThanOrEqual(repeated);
  expect(summary.maybePaidTwice).toBeLessThanOrEqual(8);
  // The known cost is exact. Lost answers are in no amount, and are reported as missing.
  expect(summary.cost).toMatchObject({ requests: 40, unknown: summary.maybePaidTwice });
});

test.concurrent('the command line announces live requests, and reports them afterwards', async () => {
  const world = await workingWorld();
  const cwd = await tempDir();
  await writeFile(join(cwd, 'template.json'), JSON.stringify(TEMPLATE));
  const lines = documents(3).map((document) => `${JSON.stringify(document)}\n`);
  await writeFile(join(cwd, 'docs.jsonl'), lines.join(''));
  const cli = (...args: string[]) =>
    runCli([...args, '--store', world.store, '--task-queue', world.taskQueue], {
      cwd,
      env: world.server.env,
    });
  const start = ['start', 'docs.jsonl', '--template', 'template.json', '--id', 'few', '--wait'];
  const { stdout, stderr } = await cli(...start, '--live-below', '10');
  expect(stderr).toContain('If fewer than 10 requests remain to be sent, they are sent live');
  expect(stderr).not.toContain('A batch may take up to 24 hours');
  const said = /live +3 sent at full price, because fewer than liveBelow were left to send/;
  expect(stdout).toMatch(said);
  expect((await cli('status', 'few')).stdout).toMatch(said);
  const { stdout: json } = await cli('status', 'few', '--json');
  expect(JSON.parse(json)).toMatchObject({ live: 3, batches: 0 });
});
