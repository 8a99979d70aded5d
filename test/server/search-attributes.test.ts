import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import {
  JobCanceledError,
  registerSearchAttributes,
  SearchAttributeError,
} from 'temporal-anthropic-batch/client';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually';
import { collect, details, expectAllAnswered } from '../support/job-checks';
import { documents, type JobWorld, jobWorld, runWorker, workingWorld } from '../support/job-world';

const HOUR = 3_600_000;

const NAMES = ['AnthropicBatchId', 'AnthropicBatchModel', 'AnthropicBatchState'];

/** The ids of the workflows that a query finds. The list lags a moment behind. */
const listed = async ({ client }: Pick<JobWorld, 'client'>, query: string) =>
  (await collect(client.workflow.list({ query }))).map(({ workflowId }) => workflowId).sort();

test.concurrent('a job runs without registered search attributes', async () => {
  const world = await workingWorld();
  const input = documents(10);
  const job = await world.start({ input: { documents: input } });
  await expectAllAnswered(job, await job.result(), input);
  expect(world.warnings).toEqual([]);
  for (const id of [job.id, `${job.id}/chunk-0`]) {
    const { searchAttributes } = await world.client.workflow.getHandle(id).describe();
    expect(Object.keys(searchAttributes ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching('Anthropic')]),
    );
  }
});

test.concurrent('registered search attributes find jobs and batches by state, model and batch', async () => {
  let ahead = 0;
  const world = await jobWorld({ duration: 60_000, now: () => Date.now() + ahead });
  expect((await registerSearchAttributes(world.client)).sort()).toEqual(NAMES);
  // The server caches the registered attributes for a moment.
  await eventually(async () => (await registerSearchAttributes(world.client)).length === 0);
  await eventually(async () => (await listed(world, "AnthropicBatchState = 'running'")).length === 0);

  await runWorker(world);
  const input = documents(
    20,
    (index) => `Document ${index}${index === 3 ? ' [[sim:api_error:times=1]]' : ''}`,
  );
  const job = await world.start({ id: 'tagged', input: { documents: input }, chunkSize: 10 });

  await eventually(async () => (await listed(world, "AnthropicBatchState = 'running'")).includes('tagged'));
  await eventually(async () => (await world.simulator.batches()).length === 2);
  for (const { id } of await world.simulator.batches()) {
    const found = await eventually(async () => {
      const ids = await listed(world, `AnthropicBatchId = '${id}'`);
      return ids.length > 0 ? ids : undefined;
    });
    expect(found).toEqual([expect.stringMatching(/^tagged\/chunk-[01]$/)]);
  }
  // The chunk that must resend one document waits while the job is paused.
  await job.pause();
  ahead += 120_000;
  await eventually(async () =>
    (await listed(world, "AnthropicBatchState = 'paused'")).includes('tagged/chunk-0'),
  );
  await job.resume();
  await eventually(async () => (await world.simulator.batches()).length === 3);
  ahead += 120_000;
  await expectAllAnswered(job, await job.result(), input);

  const query = "AnthropicBatchState = 'completed' AND AnthropicBatchModel = 'claude-haiku-5-5'";
  await eventually(async () => (await listed(world, query)).includes('tagged'));
  expect(await listed(world, query)).toEqual(['tagged']);
});

test.concurrent('the lists show jobs that are held for a person or being canceled', async () => {
  const world = await jobWorld({
    duration: HOUR,
    cancelDuration: HOUR,
    faults: { http: [{ kind: 'drop', endpoint: 'create' }] },
  });
  await registerSearchAttributes(world.client);
  await eventually(async () => (await registerSearchAttributes(world.client)).length === 0);
  await eventually(async () => (await listed(world, "AnthropicBatchState = 'held'")).length === 0);
  await runWorker(world, { submitGrace: 'never' });
  const states = async () =>
    Object.fromEntries((await collect(world.batches.list())).map(({ id, state }) => [id, state]));

  const held = await world.start({ id: 'held', input: { documents: documents(3) } });
  await eventually(async () => (await states()).held === 'held');
  await eventually(async () =>
    (await listed(world, "AnthropicBatchState = 'held'")).includes('held/chunk-0'),
  );
  expect(await held.progress()).toMatchObject({
    state: 'held',
    chunks: { held: 1 },
    waiting: expect.stringMatching(/^Chunk 0 sent a batch.* a batch of 3 requests, created at 20\d\d-.* UTC/),
  });

  const canceled = await world.start({ id: 'canceled', input: { documents: documents(3) } });
  await eventually(async () => (await canceled.progress()).batches === 1);
  await canceled.cancel();
  await eventually(async () =>
    (await listed(world, "AnthropicBatchState = 'canceling'")).includes('canceled'),
  );
  expect(await states()).toMatchObject({ held: 'held', canceled: 'canceling' });
  await eventually(async () => (await details(world, 'canceled/chunk-0')).includes('canceling'));
  expect(await canceled.progress()).toMatchObject({ state: 'canceling' });
  world.simulator.clock.advance(HOUR);
  await expect(canceled.result()).rejects.toThrow(JobCanceledError);
  await eventually(async () => (await states()).canceled === 'canceled');
  await held.cancel();
  await expect(held.result()).rejects.toThrow(JobCanceledError);
});

test.concurrent('a custom attribute that is not registered causes a clear error, and nothing stays in the store', async () => {
  const world = await jobWorld();
  const own = defineSearchAttributeKey('CustomerId', 'KEYWORD');
  const start = world.batches.start({
    id: 'own',
    input: { documents: documents(10) },
    template: {
      model: 'claude-haiku-5-5',
      max_tokens: 10,
      messages: [{ role: 'user', content: '{{text}}' }],
    },
    searchAttributes: new TypedSearchAttributes([{ key: own, value: 'c-1' }]),
  });
  await expect(start).rejects.toThrow(SearchAttributeError);
  await expect(start).rejects.toThrow(/CustomerId/);
  const jobs = await readdir(join(world.store, 'jobs'), { recursive: true }).catch(() => []);
  expect(jobs).toEqual([]);
  await expect(world.client.workflow.getHandle('own').describe()).rejects.toThrow(/not found/i);
  expect(world.simulator.calls().create).toBe(0);
});
