import { join } from 'node:path';
import { Webhook as Verifier } from 'standardwebhooks';
import type { Webhooks } from 'temporal-anthropic-batch';
import type { JobHandle } from 'temporal-anthropic-batch/client';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli';
import { eventually } from '../support/eventually';
import { collect } from '../support/job-checks';
import { documents, type JobWorld, jobWorld, runWorker } from '../support/job-world';
import { reset, resetPoints } from '../support/resets';
import { webhookServer } from '../support/webhook-server';

const HOUR = 3_600_000;
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const workflowsPath = join(__dirname, 'parents', 'workflows.mjs');

/** A world whose worker has webhooks, and a user's workflows beside the package's. */
async function world(
  webhooks: Webhooks = {},
  options: Parameters<typeof jobWorld>[0] = {},
): Promise<JobWorld> {
  const given = await jobWorld(options);
  const activities = { load: async () => {} };
  await runWorker(given, { webhooks }, { workflowBundle: undefined, workflowsPath, activities });
  return given;
}

const onCompleteOf = async (job: JobHandle) => (await job.onComplete())!;

/** Waits until what the job started has ended. */
const ended = (job: JobHandle) =>
  eventually(async () => {
    const state = await job.onComplete();
    return ['completed', 'failed'].includes(state?.state ?? '') && state;
  });

test.concurrent('a job starts a workflow with its summary when it ends, and does not wait for it', async () => {
  const given = await world({}, { duration: HOUR });
  const onComplete = { workflow: 'noted', taskQueue: given.taskQueue, args: ['nightly', { team: 3 }] };
  const job = await given.start({ input: { documents: documents(3) }, onComplete });
  expect(await onCompleteOf(job)).toMatchObject({ state: 'waiting', onComplete });
  await eventually(async () => (await given.simulator.batches()).length === 1);
  given.simulator.clock.advance(HOUR);
  const { job: ref } = await job.result();
  const { workflow } = await ended(job);
  expect(workflow).toBe(`${ref.id}/${ref.instance}/complete`);
  expect(await given.client.workflow.getHandle(workflow).result()).toEqual({
    state: 'completed',
    documents: 3,
    args: ['nightly', { team: 3 }],
  });

  // A job that is reset and ends again does not start it again.
  const { points, ...run } = await resetPoints(given, job.id);
  await reset(given, run, points.at(-2));
  await job.result();
  const started = given.client.workflow.list({ query: `WorkflowType = 'noted'` });
  expect(await collect(started)).toHaveLength(1);
});

test.concurrent('a job whose workflow fails, or has no worker, ends as it would without it', async () => {
  const given = await world();
  const start = (onComplete: object) =>
    given.start({ input: { documents: documents(1) }, onComplete: onComplete as { workflow: string } });
  const job = await start({ workflow: 'noted', args: ['fail'] });
  expect(await job.result()).toMatchObject({ state: 'completed', succeeded: 1 });
  expect(await ended(job)).toMatchObject({ state: 'failed', failure: 'The team cannot be notified.' });

  const without = await start({ workflow: 'noted', taskQueue: 'unpolled' });
  expect(await without.result()).toMatchObject({ state: 'completed', succeeded: 1 });
  await eventually(async () => (await onCompleteOf(without)).state === 'running');
});

test.concurrent('a webhook is called until it answers, with a signature and always the same id', async () => {
  const { url, calls } = await webhookServer(503, 302);
  const given = await world({ ops: { url, secret: SECRET } });
  const job = await given.start({ input: { documents: documents(2) }, onComplete: { webhook: 'ops' } });
  const summary = await job.result();
  await eventually(() => calls.length === 1);
  const failing = await eventually(async () => {
    const state = await onCompleteOf(job);
    return state.failure !== undefined && state;
  });
  expect(failing).toMatchObject({
    state: 'running',
    failure: 'The webhook ops refused the call (HTTP 503).',
  });
  const { stdout } = await runCli(
    ['status', job.id, '--store', given.store, '--task-queue', given.taskQueue],
    { env: given.server.env },
  );
  expect(stdout).toMatch(/on complete +the webhook ops is running .*HTTP 503/);

  expect(await ended(job)).toMatchObject({ state: 'completed' });
  expect(calls).toHaveLength(3);
  expect(new Set(calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  for (const { headers, body } of calls) {
    const event = new Verifier(SECRET).verify(body, headers as Record<string, string>);
    expect(event).toMatchObject({
      type: 'job.completed',
      timestamp: summary.endedAt,
      data: { job: summary.job, documents: 2, succeeded: 2, cost: { paid: summary.cost.paid } },
    });
  }
  expect(JSON.stringify(calls)).not.toContain('Document 0');
});

test.concurrent('a webhook is called for failed and canceled jobs, and for a terminated one once it is reconciled', async () => {
  const { url, calls } = await webhookServer();
  const given = await world({ ops: { url, secret: SECRET } }, { duration: HOUR });
  const { batches, client, simulator } = given;
  const onComplete = { webhook: 'ops' };
  const types = () => calls.map(({ body }) => JSON.parse(body)).map(({ type, data }) => [data.job.id, type]);

  const failed = await given.start({
    input: { documents: documents(1) },
    onComplete,
    id: 'failed',
    builder: 'none',
    template: undefined,
    waitForWorker: 0,
  } as never);
  await expect(failed.result()).rejects.toThrow('"none"');
  const canceled = await given.start({ id: 'canceled', input: { documents: documents(1) }, onComplete });
  await eventually(async () => (await simulator.batches()).length === 1);
  await canceled.cancel();
  simulator.clock.advance(HOUR);
  await expect(canceled.result()).rejects.toThrow('canceled');
  const cut = await given.start({ id: 'cut', input: { documents: documents(1) }, onComplete });
  await eventually(async () => (await simulator.batches()).length === 2);
  await client.workflow.getHandle('cut').terminate('by hand');
  await eventually(async () => {
    const { status } = await client.workflow.getHandle('cut/chunk-0').describe();
    return status.name !== 'RUNNING';
  });
  expect(await onCompleteOf(cut)).toMatchObject({ state: 'waiting' });
  simulator.clock.advance(HOUR);
  for (const reconciliation of await batches.reconcile({ job: 'cut' })) await reconciliation.result();
  await eventually(() => calls.length === 3);
  expect(types()).toEqual([
    ['failed', 'job.failed'],
    ['canceled', 'job.canceled'],
    ['cut', 'job.failed'],
  ]);
});

test.concurrent('each firing of a schedule calls the webhook, also one whose input does not exist', async () => {
  const { url, calls } = await webhookServer();
  const given = await world({ ops: { url, secret: SECRET } });
  await given.batches.schedules.create({
    id: 'nightly',
    every: '24h',
    input: 'missing.jsonl',
    spec: { builder: 'none', waitForWorker: 0, onComplete: { webhook: 'ops' } },
  });
  const start = new Date('2026-11-03T12:00:00Z');
  const end = new Date('2026-11-05T12:00:00Z');
  await given.batches.schedules.backfill('nightly', { start, end });
  await eventually(() => calls.length === 2);
  expect(calls.map(({ body }) => JSON.parse(body).data.job.id).sort()).toEqual([
    'nightly-2026-11-04T00:00:00Z',
    'nightly-2026-11-05T00:00:00Z',
  ]);
});

test.concurrent('a webhook that no worker has yet waits for a worker that has it; one that is gone is left', async () => {
  const { url, calls } = await webhookServer(410);
  const given = await jobWorld();
  const lacking = await runWorker(given);
  const job = await given.start({ input: { documents: documents(1) }, onComplete: { webhook: 'ops' } });
  await job.result();
  const waiting = await eventually(async () => {
    const state = await onCompleteOf(job);
    return state.failure !== undefined && state;
  });
  expect(waiting.failure).toContain('no webhook "ops" (it has: none)');
  lacking.shutdown();
  await runWorker(given, { webhooks: { ops: { url, secret: SECRET } } });
  expect(await ended(job)).toMatchObject({ state: 'failed', failure: expect.stringContaining('HTTP 410') });
  expect(calls).toHaveLength(1);
});
