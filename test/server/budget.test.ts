import Anthropic from '@anthropic-ai/sdk';
import { beforeAll, expect, test } from 'vitest';
import { parseUsd, usdString } from '../../src/cost/prices/usd';
import { eventually } from '../support/eventually';
import { checkedResults, details, expectAllAnswered } from '../support/job-checks';
import { documents, type JobServer, type JobWorld, jobServer, workingWorld } from '../support/job-world';
import { TEMPLATE } from '../support/template';

let shared: JobServer;
beforeAll(async () => {
  shared = await jobServer();
});

/** What a job of these documents costs in the worst case, as the estimate says it. */
async function worstCase(world: JobWorld, input: ReturnType<typeof documents>): Promise<string> {
  const anthropic = new Anthropic({ baseURL: world.simulator.url, apiKey: 'test-key' });
  const { usd } = await world.batches.estimate({
    input: { documents: input },
    template: TEMPLATE,
    anthropic,
  });
  return usd.worst.batch;
}

const times = (usd: string, count: number) => usdString(parseUsd(usd)! * BigInt(count));
const less = (usd: string) => usdString(parseUsd(usd)! - 1n);

/** Documents of equally long texts, which cost the same in the worst case. */
const alike = (count: number, first = 0) => documents(count, (index) => `Document ${100 + first + index}`);

test('a job whose worst case is a trillionth of a dollar above its budget sends nothing; one that comes up to it passes', async () => {
  const world = await workingWorld(shared);
  const input = alike(7);
  const worst = await worstCase(world, input);
  const start = (maxUsd: string) => world.start({ input: { documents: input }, chunkSize: 3, maxUsd });

  const refused = await start(less(worst));
  await expect(refused.result()).rejects.toMatchObject({
    name: 'JobFailedError',
    type: 'anthropic.OverBudget',
    message: expect.stringContaining(`the job costs up to ${worst} USD. Nothing was sent.`),
  });
  expect(world.simulator.calls()).toMatchObject({ create: 0 });
  expect(await refused.summary()).toMatchObject({ state: 'failed', failureType: 'anthropic.OverBudget' });

  const job = await start(worst);
  const summary = await job.result();
  await expectAllAnswered(job, summary, input);
  // All that was reserved has given way to what it cost.
  expect(await job.budget()).toEqual({
    maxUsd: worst,
    spent: summary.cost!.paid,
    reserved: '0.00',
    left: usdString(parseUsd(worst)! - parseUsd(summary.cost!.paid)!),
    chunks: 0,
  });
});

test('a request that costs more than one may keeps the whole job from being sent', async () => {
  const world = await workingWorld(shared);
  const [one] = alike(1);
  const worst = await worstCase(world, [one!]);
  const input = { documents: [...alike(3), { id: 'long', text: 'A much longer text. '.repeat(50) }] };
  const job = await world.start({ input, maxUsdPerRequest: worst });
  await expect(job.result()).rejects.toMatchObject({
    type: 'anthropic.OverBudget',
    message: expect.stringMatching(
      /^The job "job-[^"]+" failed: One request costs more than the [0-9.]+ USD that one may .* the document "long" \(line 4\)/,
    ),
  });
  const passes = await world.start({ input: { documents: alike(3) }, maxUsdPerRequest: worst });
  expect(await passes.result()).toMatchObject({ succeeded: 3 });
});

test('within a budget that has room for one chunk at a time a job goes on chunk by chunk, at the cap it waits, and goes on once it is raised', async () => {
  const HOUR = 3_600_000;
  const world = await workingWorld(shared, { duration: HOUR });
  const input = alike(4);
  const one = await worstCase(world, alike(1));
  const job = await world.start({
    input: { documents: input },
    chunkSize: 1,
    // What the others really cost leaves no room for the last one.
    maxUsd: one,
    onBudget: 'wait',
  });
  await eventually(async () => (await world.simulator.batches()).length === 1);
  // The second chunk is told that there may be room when the first has ended, and no more than one is ever on its way.
  await eventually(async () => (await job.progress()).waiting?.includes('until more chunks end'));
  expect(await job.budget()).toMatchObject({ maxUsd: one, spent: '0.00', reserved: one, left: '0.00' });
  expect(await details(shared, job.id)).toContain(`**Budget:** ${one} USD`);
  expect(await details(shared, job.id)).toContain('| over\u00a0budget |');
  world.simulator.clock.advance(HOUR);
  // Something was spent: for a whole worst case there is no room any more, whatever comes.
  await eventually(async () => (await job.progress()).done === 1);
  await eventually(async () => (await job.progress()).waiting?.includes('has too little left for the chunk'));
  expect(world.simulator.calls()).toMatchObject({ create: 1 });

  await expect(job.raiseBudget(one)).rejects.toMatchObject({
    name: 'JobStateError',
    message: expect.stringContaining('must be above its present'),
  });
  await expect(job.raiseBudget('much')).rejects.toMatchObject({ name: 'OptionError' });
  await job.raiseBudget(times(one, 4));
  await eventually(async () => (await world.simulator.batches()).length === 4);
  world.simulator.clock.advance(HOUR);
  await expectAllAnswered(job, await job.result(), input);
  await expect(job.raiseBudget(times(one, 5))).rejects.toMatchObject({
    name: 'JobStateError',
    message: expect.stringContaining('has ended: there is nothing to raise'),
  });
});

test('a job that is to end at its budget sends what there is room for, and says of the rest that it was not sent', async () => {
  const world = await workingWorld(shared);
  const input = alike(6);
  const two = await worstCase(world, alike(2));
  const job = await world.start({
    input: { documents: input },
    chunkSize: 2,
    maxUsd: two,
    onBudget: 'end',
  });
  const summary = await job.result();
  expect(summary).toMatchObject({ state: 'completed', succeeded: 2, overBudget: 4, batches: 1 });
  const results = await checkedResults(job, summary, input);
  // Which of the chunks came first is open.
  expect(results.filter(({ status }) => status !== 'succeeded')).toEqual(
    Array(4).fill(
      expect.objectContaining({
        status: 'not_sent',
        class: 'not_sent',
        error: { type: 'over_budget', message: expect.stringContaining('has too little left for the chunk') },
      }),
    ),
  );
  // What is left can be sent by a retry, with a budget of its own.
  const retry = await world.batches.retry(job.id, { maxUsd: times(two, 2) });
  expect(await retry.result()).toMatchObject({ documents: 4, succeeded: 4 });
});

test('a budget of the store holds for all its jobs together, and what they cost counts', async () => {
  const world = await workingWorld(shared);
  const two = await worstCase(world, alike(2));
  await world.batches.setBudget({ per: 'month', maxUsd: two });
  const start = (first: number) => world.start({ input: { documents: alike(2, first) } });
  const summary = await (await start(0)).result();
  const spent = summary.cost!.paid;
  expect(await world.batches.budget()).toMatchObject({
    maxUsd: two,
    spent,
    reserved: '0.00',
    period: expect.stringMatching(/^month \d{4}-\d{2}$/),
  });

  const second = await start(10);
  await expect(second.result()).rejects.toMatchObject({
    type: 'anthropic.OverBudget',
    message: expect.stringContaining('The budget of the store for the month'),
  });
  await world.batches.setBudget(null);
  expect(await world.batches.budget()).toBeUndefined();
  await expect((await start(20)).result()).resolves.toMatchObject({ succeeded: 2 });
});
