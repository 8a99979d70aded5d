import Anthropic from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { parseUsd, usdString } from '../../src/cost/prices/usd';
import { eventually } from '../support/eventually';
import { checkedResults, details, expectAllAnswered } from '../support/job-checks';
import { documents, type JobWorld, workingWorld } from '../support/job-world';
import { TEMPLATE } from '../support/template';

/** The worst case of a job over these documents, from the estimate. */
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

/** Documents with texts of equal length, so that their worst cases are equal. */
const alike = (count: number, first = 0) => documents(count, (index) => `Document ${100 + first + index}`);

test.concurrent('a job whose worst case exceeds its budget by a trillionth of a dollar sends nothing; one that equals it is sent', async () => {
  const world = await workingWorld();
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
  expect(await refused.summary()).not.toHaveProperty('results');
  expect(await refused.progress()).toMatchObject({ state: 'failed', documents: 7, done: 0 });

  const job = await start(worst);
  const summary = await job.result();
  await expectAllAnswered(job, summary, input);
  // The actual cost has replaced all reservations.
  expect(await job.budget()).toEqual({
    maxUsd: worst,
    spent: summary.cost!.paid,
    reserved: '0.00',
    left: usdString(parseUsd(worst)! - parseUsd(summary.cost!.paid)!),
    chunks: 0,
  });
});

test.concurrent('a job with a request above the limit per request sends nothing', async () => {
  const world = await workingWorld();
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

test.concurrent('a job whose budget covers one chunk at a time sends chunk by chunk, waits at the cap, and continues when the budget is raised', async () => {
  const HOUR = 3_600_000;
  const world = await workingWorld({ duration: HOUR });
  const input = alike(4);
  const one = await worstCase(world, alike(1));
  const job = await world.start({
    input: { documents: input },
    chunkSize: 1,
    // The actual cost of the others leaves too little budget for the last one.
    maxUsd: one,
    onBudget: 'wait',
  });
  await eventually(async () => (await world.simulator.batches()).length === 1);
  // The second chunk is notified that budget may be left when the first has ended. At most one is in flight.
  await eventually(async () => (await job.progress()).waiting?.includes('until more chunks end'));
  expect(await job.budget()).toMatchObject({ maxUsd: one, spent: '0.00', reserved: one, left: '0.00' });
  expect(await details(world, job.id)).toContain(`**Budget:** ${one} USD`);
  expect(await details(world, job.id)).toContain('| over\u00a0budget |');
  world.simulator.clock.advance(HOUR);
  // Something was spent, so the budget can no longer cover a whole worst case.
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

test.concurrent('a job that ends at its budget sends what the budget covers, and reports the rest as not sent', async () => {
  const world = await workingWorld();
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
  // Either chunk may have been first.
  expect(results.filter(({ status }) => status !== 'succeeded')).toEqual(
    Array(4).fill(
      expect.objectContaining({
        status: 'not_sent',
        class: 'not_sent',
        error: { type: 'over_budget', message: expect.stringContaining('has too little left for the chunk') },
      }),
    ),
  );
  // A retry with its own budget can send the rest.
  const retry = await world.batches.retry(job.id, { maxUsd: times(two, 2) });
  expect(await retry.result()).toMatchObject({ documents: 4, succeeded: 4 });
});

test.concurrent('the budget of a store limits all its jobs together, and their actual costs count', async () => {
  const world = await workingWorld();
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
