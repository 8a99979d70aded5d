import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, type Worker, type WorkflowBundle } from '@temporalio/worker';
import { JobStateError } from 'temporal-anthropic-batch/client';
import { beforeAll, expect, test } from 'vitest';
import { runCli, spawnWorker } from '../support/cli';
import { eventually } from '../support/eventually';
import { expectAllAnswered, expectBilledOnce } from '../support/job-checks';
import { documents, type JobWorld, jobWorld, runWorker } from '../support/job-world';
import { root } from '../support/root';

const HOUR = 3_600_000;
const DAY = 24 * 3_600;

/** Workflows that start one more timer on a signal that the package's workflows do not have. */
let changed: WorkflowBundle;

const changedWorkflows = join(root, 'test', 'support', 'changed-workflows.ts');

beforeAll(async () => {
  changed = await bundleWorkflowCode({
    workflowsPath: changedWorkflows,
    workflowInterceptorModules: [changedWorkflows],
    logger: new DefaultLogger('WARN'),
  });
});

async function shutDown(worker: Worker): Promise<void> {
  worker.shutdown();
  await eventually(() => worker.getState() === 'STOPPED');
}

const eventsOf = async ({ client }: JobWorld, workflowId: string) =>
  (await client.workflow.getHandle(workflowId).fetchHistory()).events ?? [];

/**
 * Starts a job of two chunks under the changed workflows. Some record histories that the package cannot
 * replay.
 */
async function carriedByOthers(world: JobWorld, names: string[]) {
  const worker = await runWorker(world, {}, { workflowBundle: changed });
  const input = documents(20);
  const job = await world.start({ input: { documents: input }, chunkSize: 10 });
  await eventually(async () => (await job.progress()).batches === 2);
  for (const name of names) {
    await world.client.workflow.getHandle(job.id + name).signal('testExtraTimer');
    await eventually(async () =>
      (await eventsOf(world, job.id + name)).some(
        ({ timerStartedEventAttributes: timer }) => Number(timer?.startToFireTimeout?.seconds) === DAY,
      ),
    );
  }
  await shutDown(worker);
  // Each of them has work to do.
  for (const name of names) await world.client.workflow.getHandle(job.id + name).signal('testWake');
  return { job, input };
}

test.concurrent('a stuck job and chunk are reported, and continue after a reset without buying a document twice', async () => {
  const world = await jobWorld({ duration: HOUR });
  const { job, input } = await carriedByOthers(world, ['', '/chunk-1']);
  await runWorker(world);
  const ended = job.result();

  const stuck = await eventually(async () => {
    const { stuck: found } = await job.progress();
    return found?.length === 2 && found;
  });
  expect(stuck.map(({ workflow }) => workflow)).toEqual([job.id, `${job.id}/chunk-1`]);
  for (const workflow of stuck) {
    expect(workflow).toMatchObject({
      reason: 'replay',
      message: expect.stringMatching(/^\[TMPRL1100\] .*HistoryEvent\(id: \d+, TimerStarted\)$/),
    });
    expect(workflow.failures).toBeGreaterThanOrEqual(3);
  }

  const env = world.server.env;
  const flags = ['--store', world.store, '--task-queue', world.taskQueue];
  const status = await runCli(['status', job.id, ...flags], { env });
  expect(status.stdout).toContain(`stuck      ${job.id}/chunk-1\n`);
  const told = new RegExp(
    `The job "${job.id}" is stuck: its workflow task has failed at least \\d+ times in a row since \\S+ \\(\\[TMPRL1100\\].*"anthropic-batch reset ${job.id}" resets it to before event \\d+\\. Nothing is paid for twice`,
  );
  expect(status.stderr).toMatch(told);
  // Waiting clients and the workers of its queue report the same.
  const worker = await spawnWorker({
    server: world.server,
    anthropicBaseUrl: world.simulator.url,
    store: world.store,
    taskQueue: world.taskQueue,
  });
  await eventually(() => told.test(worker.output), { what: 'the worker names the job' });
  await eventually(() => world.warnings.some((warning) => told.test(warning)), { what: 'a warning' });

  const reset = await runCli(['reset', job.id, ...flags], { env });
  expect(reset.stderr).toMatch(new RegExp(`^Reset ${job.id}/chunk-1 to before event \\d+\\.$`, 'm'));
  expect(reset.stderr).toMatch(new RegExp(`^Reset ${job.id} to before event \\d+\\.$`, 'm'));
  expect(reset.code).toBe(0);

  world.simulator.clock.advance(HOUR);
  const summary = await ended;
  await expectAllAnswered(job, summary, input);
  await expectBilledOnce(world.simulator, summary);
  expect(world.simulator.calls()).toMatchObject({ create: 2, cancel: 0 });
  expect((await job.progress()).stuck).toBeUndefined();
});

test.concurrent('a job whose workflow task failed and then succeeds does not count as stuck and is not reset', async () => {
  const world = await jobWorld({ duration: HOUR });
  const { job, input } = await carriedByOthers(world, ['']);
  const failures = async () =>
    (await eventsOf(world, job.id)).filter(({ workflowTaskFailedEventAttributes: failed }) => failed).length;
  const wrong = await runWorker(world);
  await eventually(async () => (await failures()) > 0);
  await shutDown(wrong);

  expect((await job.progress().catch(() => undefined))?.stuck).toBeUndefined();
  await runWorker(world, {}, { workflowBundle: changed });
  world.simulator.clock.advance(HOUR);
  await eventually(async () => (await job.progress()).chunks.done === 2 || (await job.summary()));
  await expect(job.reset()).rejects.toThrow(JobStateError);
  await expect(job.reset()).rejects.toThrow(
    `No workflow of the job "${job.id}" is stuck, and nothing was reset.`,
  );

  const summary = await job.result();
  await expectAllAnswered(job, summary, input);
  await expectBilledOnce(world.simulator, summary);
  expect(await failures()).toBeGreaterThan(0);
});
