import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Worker } from '@temporalio/worker';
import type { RequestBuilder } from 'temporal-anthropic-batch';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually';
import { expectAllAnswered, expectBilledOnce } from '../support/job-checks';
import {
  connect,
  documents,
  type JobWorld,
  jobWorld,
  runWorker,
  withoutKey,
  workingWorld,
} from '../support/job-world';
import { tempDir } from '../support/temp-dir';
import { paramsOf, TEMPLATE } from '../support/template';

type Job = Awaited<ReturnType<JobWorld['start']>>;

/** Another worker of the queue. The SDK allows one worker of a queue on each connection. */
async function runBeside(world: JobWorld, plugin?: Parameters<typeof runWorker>[1]): Promise<void> {
  await runWorker({ ...world, connection: await connect(world.server) }, plugin);
}

const waits = (job: Job, reason: RegExp) =>
  eventually(async () => expect((await job.progress()).waiting).toMatch(reason));

/** The number of failed steps of the job's own workflow, and whether it has ended. */
async function failedSteps({ client }: JobWorld, job: Job): Promise<{ failed: number; ended: boolean }> {
  const handle = client.workflow.getHandle(job.id);
  const { events } = await handle.fetchHistory();
  const failed = events!.filter((event) => event.activityTaskFailedEventAttributes).length;
  return { failed, ended: (await handle.describe()).closeTime !== undefined };
}

/** Ends a worker that lacks something after three more steps, as at the end of a rolling deploy. */
async function endLater(world: JobWorld, old: Worker, job: Job): Promise<void> {
  const before = await failedSteps(world, job);
  await eventually(async () => {
    const { failed, ended } = await failedSteps(world, job);
    return ended || failed >= before.failed + 3;
  });
  old.shutdown();
}

/** Starts a worker that lacks nothing beside the others, and awaits the job's end. */
async function answered(world: JobWorld, job: Job, input: ReturnType<typeof documents>): Promise<void> {
  const summary = await job.result();
  await expectAllAnswered(job, summary, input);
  await expectBilledOnce(world.simulator, summary);
  expect((await job.progress()).waiting).toBeUndefined();
}

describe.concurrent('a job waits, and shows why, for a worker that has', () => {
  test('a key: a worker without a key fails no job', async () => {
    const world = await jobWorld();
    const old = await runWorker(world, { anthropic: withoutKey(world) });
    const input = documents(3);
    const job = await world.start({ input: { documents: input } });
    await waits(job, /There is no Anthropic API key/);
    // Longer than the quick retries of any step.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(await job.progress()).toMatchObject({ state: 'planning', documents: 0 });
    await runBeside(world);
    await endLater(world, old, job);
    await answered(world, job, input);
  });

  test('the right key', async () => {
    const world = await jobWorld({ apiKeys: ['test-key'] });
    const { simulator } = world;
    const wrong = withoutKey(world).withOptions({ apiKey: 'a-wrong-key' });
    const first = await runWorker(world, { anthropic: wrong });
    const input = documents(3);
    const job = await world.start({ input: { documents: input } });
    await waits(job, /answered 401 authentication_error\. Check the API key/);
    expect(simulator.calls().create).toBe(0);
    first.shutdown();
    await runWorker(world);
    await answered(world, job, input);
  });

  test("the job's store", async () => {
    const world = await jobWorld();
    const first = await runWorker(world, { store: await tempDir() });
    const input = documents(3);
    const job = await world.start({ input: { documents: input } });
    await waits(job, /is not the job's: its id is/);
    first.shutdown();
    await runWorker(world);
    await answered(world, job, input);
  });

  test('a store that works', async () => {
    const world = await jobWorld();
    const file = join(await tempDir(), 'file');
    await writeFile(file, '');
    const first = await runWorker(world, { store: join(file, 'below') });
    const input = documents(3);
    const job = await world.start({ input: { documents: input } });
    await waits(job, /^Could not write store\.json in the store .*\/file\/below: /);
    first.shutdown();
    await runWorker(world);
    await answered(world, job, input);
  });

  test('the builder: a rolling deploy that adds one fails no job', async () => {
    const world = await jobWorld();
    const old = await runWorker(world, { builders: { old: () => TEMPLATE } });
    const input = documents(41);
    const added: RequestBuilder = ({ fields: { text } }) => paramsOf(String(text));
    // Three pages of planning. The old worker may take any of them.
    const job = await world.start({
      template: undefined,
      builder: 'added',
      input: { documents: input },
      chunkSize: 1,
    });
    await waits(job, /no builder "added": it has old/);
    await runBeside(world, { builders: { old: () => TEMPLATE, added } });
    await endLater(world, old, job);
    await answered(world, job, input);
  });
});

test.concurrent('a job that has waited for its maximum time fails, and sends nothing', async () => {
  const world = await workingWorld();
  const job = await world.start({
    template: undefined,
    builder: 'added',
    input: { documents: documents(3) },
    waitForWorker: '4s',
  });
  await waits(job, /no builder "added": it has none/);
  const error = await job.result().catch((error: unknown) => error);
  expect(error).toMatchObject({ name: 'JobFailedError', type: 'anthropic.UnknownBuilder' });
  const { startTime, closeTime } = await world.client.workflow.getHandle(job.id).describe();
  expect(closeTime!.getTime() - startTime.getTime()).toBeGreaterThanOrEqual(4_000);
  expect(world.simulator.calls().create).toBe(0);
});
