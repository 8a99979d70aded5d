import { join } from 'node:path';
import {
  deleteStored,
  type JobSummary,
  readResults,
  type StoredDocuments,
  type StoredJobSpec,
  writeDocuments,
  writeJobSpec,
} from 'temporal-anthropic-batch/client';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually';
import { expectBilledOnce } from '../support/job-checks';
import { documents, type JobWorld, jobWorld, runWorker } from '../support/job-world';
import { reset, resetPoints } from '../support/resets';
import { TEMPLATE } from '../support/template';

const HOUR = 3_600_000;
const workflowsPath = join(__dirname, 'parents', 'workflows.mjs');
const spec = { template: TEMPLATE, pollFloor: '1s', pollCeiling: '2s', chunkSize: 2 };

/** A world whose worker has a user's workflows and activities beside the package's. */
async function parentWorld(options: Parameters<typeof jobWorld>[0] = {}): Promise<JobWorld> {
  const world = await jobWorld(options);
  const { store } = world;
  const activities = {
    load: (name: string, count: number) =>
      writeDocuments(
        store,
        documents(count, (index) => `Document ${index} of ${name}`),
      ),
    loadSpec: (given: typeof spec) => writeJobSpec(store, given),
    forget: (ref: StoredDocuments | StoredJobSpec) => deleteStored(store, ref),
    async answers(summary: JobSummary) {
      let count = 0;
      for await (const { status } of readResults(store, summary)) count += Number(status === 'succeeded');
      return count;
    },
  };
  await runWorker(world, {}, { workflowBundle: undefined, workflowsPath, activities });
  return world;
}

const start = ({ client, taskQueue }: JobWorld, workflow: string, ...args: unknown[]) =>
  client.workflow.start(workflow, { workflowId: 'parent', taskQueue, args });

/** The job of a world whose parent has only one. */
async function jobOf({ client, batches }: JobWorld) {
  const id = await eventually(async () => {
    for await (const { workflowId } of client.workflow.list({
      query: 'WorkflowType = "anthropicDocumentSet"',
    }))
      return workflowId;
    return undefined;
  });
  return batches.get(id);
}

/** Returns the innermost cause of a workflow's failure. */
async function causeOf(result: Promise<unknown>): Promise<unknown> {
  let error = (await result.catch((error: unknown) => error)) as Error;
  while (error.cause) error = error.cause as Error;
  return error;
}

test.concurrent('a workflow runs a job as its child, and no document passes through Temporal', async () => {
  const world = await parentWorld();
  const parent = await start(world, 'summarize', 'one', 5, { spec, name: 'tickets' });
  const { summary, answers } = await parent.result();
  expect(summary).toMatchObject({ state: 'completed', documents: 5, succeeded: 5, chunks: 3 });
  expect(answers).toBe(5);
  expect(summary.job.id).toMatch(/^parent\/tickets-[0-9a-f]{8}$/);
  await expectBilledOnce(world.simulator, summary);
  // The job is one like any other.
  const job = await world.batches.get(summary.job.id);
  expect(await job.summary()).toMatchObject({ succeeded: 5 });
  for (const id of ['parent', summary.job.id]) {
    const { events } = await world.client.workflow.getHandle(id).fetchHistory();
    const payloads = JSON.stringify(events, (_, value) =>
      value?.type === 'Buffer' ? Buffer.from(value).toString('utf8') : value,
    );
    expect(payloads).not.toContain('of one');
  }
});

test.concurrent('jobs of a workflow run at a time, each with an id and a reservation of its own', async () => {
  const world = await parentWorld({ duration: HOUR });
  await world.batches.setBudget({ per: 'month', maxUsd: '1' });
  const parent = await start(world, 'summarizeThrice', 'thrice', 2, { spec });
  await eventually(async () => (await world.simulator.batches()).length === 3);
  expect(await world.batches.budget()).toMatchObject({ chunks: 3 });
  world.simulator.clock.advance(HOUR);
  const jobs: JobSummary[] = await parent.result();
  expect(jobs.map(({ succeeded }) => succeeded)).toEqual([2, 2, 2]);
  expect(new Set(jobs.map(({ job }) => job.id)).size).toBe(3);
  expect(await world.batches.budget()).toMatchObject({ chunks: 0, reserved: '0.00' });
});

test.concurrent('canceling the workflow cancels the batches and keeps their answers', async () => {
  const world = await parentWorld({ duration: HOUR, cancelFinishes: 1 });
  const parent = await start(world, 'summarize', 'canceled', 4, { spec });
  await eventually(async () => (await world.simulator.batches()).length === 2);
  await parent.cancel();
  await expect(parent.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  const job = await jobOf(world);
  expect(await job.summary()).toMatchObject({ state: 'canceled', succeeded: 4, failed: 0 });
  const running = (await world.simulator.batches()).filter((batch) => batch.processing_status !== 'ended');
  expect(running).toEqual([]);
});

test.concurrent('terminating the workflow cancels the batches and keeps their answers, unless it abandons its jobs', async () => {
  const world = await parentWorld({ duration: HOUR, cancelFinishes: 1 });
  const parent = await start(world, 'summarize', 'terminated', 4, { spec });
  await eventually(async () => (await world.simulator.batches()).length === 2);
  await parent.terminate('by hand');
  const job = await jobOf(world);
  await expect(job.result()).rejects.toMatchObject({ name: 'JobCanceledError' });
  expect(await job.summary()).toMatchObject({ state: 'canceled', succeeded: 4 });

  const abandoning = await start(world, 'summarize', 'abandoned', 3, { spec, parentClosePolicy: 'ABANDON' });
  await eventually(async () => (await world.simulator.batches()).length === 4);
  await abandoning.terminate('by hand');
  const left = await eventually(async () => {
    for await (const { workflowId } of world.client.workflow.list({
      query: 'WorkflowType = "anthropicDocumentSet" AND ExecutionStatus = "Running"',
    }))
      return workflowId;
    return undefined;
  });
  world.simulator.clock.advance(HOUR);
  expect(await (await world.batches.get(left)).result()).toMatchObject({ succeeded: 3 });
});

test.concurrent('a Reset of the workflow to any point continues its job, and pays for nothing twice', async () => {
  const world = await parentWorld({ duration: HOUR });
  await start(world, 'summarize', 'reset', 4, { spec });
  const created = () => eventually(async () => (await world.simulator.batches()).length === 2);
  await created();
  const again = async (place: number) => {
    const run = await eventually(async () => {
      const found = await resetPoints(world, 'parent');
      return found.points.length > 0 && found;
    });
    await reset(world, run, run.points[Math.min(place, run.points.length - 1)]!);
  };
  // Before the documents are written, before the job starts, and after.
  for (const place of [0, 1, 0, 2, 1, 2]) await again(place);
  const job = await jobOf(world);
  await eventually(async () => (await job.progress()).state === 'running');
  world.simulator.clock.advance(HOUR);
  const first = await world.client.workflow.getHandle('parent').result();
  expect(first.summary).toMatchObject({ state: 'completed', succeeded: 4 });
  // After the job has ended.
  for (const place of [0, 1, 2, 9]) {
    await again(place);
    const { summary, answers } = await world.client.workflow.getHandle('parent').result();
    expect([summary.job, summary.succeeded, answers]).toEqual([first.summary.job, 4, 4]);
  }
  expect((await world.simulator.books()).billed.repeated).toBe(0);
  expect(world.simulator.calls()).toMatchObject({ create: 2 });
});

test.concurrent('each run of a workflow that continues as new has its own job', async () => {
  const world = await parentWorld();
  const parent = await start(world, 'nightly', 'night', 3, { spec });
  await parent.result();
  const ids = new Set<string>();
  for await (const { workflowId } of world.client.workflow.list({
    query: 'WorkflowType = "anthropicDocumentSet"',
  }))
    ids.add(workflowId);
  expect(ids.size).toBe(3);
  expect((await world.simulator.books()).billed).toMatchObject({ requests: 9, repeated: 0 });
});

test.concurrent('a spec in the store, an invalid spec and missing documents: each fails with its reason, and nothing is sent', async () => {
  const world = await parentWorld();
  const { store, client } = world;
  const bySpecRef = await start(world, 'summarizeBySpecRef', 'by ref', 3, spec);
  const first = await bySpecRef.result();
  expect(first).toMatchObject({ succeeded: 3 });
  // A Reset after its documents and spec were deleted.
  const run = await resetPoints(world, 'parent');
  await reset(world, run, run.points[2]!);
  const again = await client.workflow.getHandle('parent').result();
  expect([again.job, again.succeeded]).toEqual([first.job, 3]);
  const calls = world.simulator.calls().create;

  const invalid = await start(world, 'summarize', 'invalid', 3, { spec: { ...spec, chunkSize: 0 } });
  expect(await causeOf(invalid.result())).toMatchObject({
    type: 'anthropic.SpecInvalid',
    message: expect.stringContaining('`chunkSize` must be an integer from 1 to 100,000 (got 0).'),
  });
  await expect(writeJobSpec(store, { ...spec, chunkSize: 0 })).rejects.toThrow('chunkSize');

  const ref: StoredDocuments = await writeDocuments(store, documents(3));
  expect(ref).toMatchObject({ documents: 3, bytes: 105 });
  expect(await writeDocuments(store, documents(3))).toMatchObject({ sha256: ref.sha256 });
  await deleteStored(store, ref);
  await deleteStored(store, ref);
  const child = { instance: 'i', documents: ref, spec };
  const args = [{ child, waitForWorker: 1, searchAttributes: false }];
  const missing = client.workflow.execute('anthropicDocumentSet', {
    workflowId: 'missing',
    taskQueue: world.taskQueue,
    args,
  });
  expect(await causeOf(missing)).toMatchObject({
    type: 'anthropic.InputMissing',
    message: expect.stringContaining(ref.key),
  });
  expect(world.simulator.calls().create).toBe(calls);
});
