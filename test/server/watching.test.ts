import { setTimeout as sleep } from 'node:timers/promises';
import { JobCanceledError, type JobHandle } from 'temporal-anthropic-batch/client';
import { expect, test } from 'vitest';
import { own } from '../support/cleanup';
import { eventually } from '../support/eventually';
import { inTime } from '../support/in-time';
import { checkedResults, expectAllAnswered, expectBilledOnce } from '../support/job-checks';
import { documents, type JobWorld, jobWorld, runWorker } from '../support/job-world';
import { reset, resetPoints } from '../support/resets';
import { smallSegments } from '../support/small-segments';

const LONG = 600_000;
const HOUR = 3_600_000;

/** The query that the Temporal UI sends for each workflow that it shows. */
const METADATA = '__temporal_workflow_metadata';

/** Queries in flight at a time. More would leave a busy worker no time for anything else. */
const AT_ONCE = 3;
/** A query fails in this way if the worker has lost the workflow. */
const QUERY_TIMEOUT = 5_000;

/** A world whose worker caches three workflows, and must replay all others. */
async function forgetfulWorld(
  options: Parameters<typeof jobWorld>[0],
  workflows: Parameters<typeof runWorker>[2] = {},
): Promise<JobWorld> {
  const world = await jobWorld(options);
  await runWorker(world, {}, { maxCachedWorkflows: 3, ...workflows });
  return world;
}

/** Queries all workflows of some jobs, one every 20 ms, until the test has ended. */
function watch({ client }: JobWorld, jobs: readonly JobHandle[]): { queries: number; stop(): Promise<void> } {
  let watching = true;
  const watched = { queries: 0, stop: async () => {} };
  const query = jobs.map(({ id }) => `WorkflowId STARTS_WITH '${id}'`).join(' OR ');
  const asked = new Set<Promise<unknown>>();
  const loop = async () => {
    while (watching) {
      for await (const { workflowId, runId } of client.workflow.list({ query })) {
        if (!watching) return;
        const handle = client.workflow.getHandle(workflowId, runId);
        // An unanswered query is no failure: the test is about its effect on the workflow.
        const answer = client.connection
          .withDeadline(Date.now() + QUERY_TIMEOUT, () => handle.query(METADATA))
          .catch(() => {});
        const done = answer.finally(() => asked.delete(done));
        asked.add(done);
        watched.queries += 1;
        await sleep(20);
        if (asked.size >= AT_ONCE) await Promise.race(asked);
      }
      await sleep(20);
    }
  };
  const looping = loop();
  watched.stop = async () => {
    watching = false;
    await looping;
    await Promise.all(asked);
  };
  own(watched.stop);
  return watched;
}

/**
 * The failed workflow tasks of all runs of a job's workflows, without those that a worker or a Reset ended.
 */
async function failedTasks({ client }: JobWorld, jobs: readonly JobHandle[]): Promise<string[]> {
  const failures: string[] = [];
  const query = jobs.map(({ id }) => `WorkflowId STARTS_WITH '${id}'`).join(' OR ');
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const { workflowTaskFailedEventAttributes: failed } of events ?? []) {
      const message = failed?.failure?.message ?? '';
      if (/TMPRL1100|[Nn]ondetermin/.test(message)) failures.push(`${workflowId}: ${message}`);
    }
  }
  return failures;
}

const texts = (name: string, count: number, flaw: (index: number) => string = () => '') =>
  documents(count, (index) => `Document ${index} of ${name}${flaw(index)}`);

test.each([1, 2, 3, 4, 5])(
  'watched jobs that are paused, resumed, canceled and raised end as without watching (run %i)',
  async (run) => {
    const world = await forgetfulWorld({
      duration: ({ number }) => 300 + ((number * 7 + run * 13) % 5) * 400,
    });
    const rounds = (index: number) => (index % 4 === 1 ? ' [[sim:overloaded_error:times=1]]' : '');
    const start = (name: string, more: object = {}) => {
      const input = texts(`${name}-${run}`, 6, rounds);
      return world
        .start({ id: `${name}-${run}`, input: { documents: input }, chunkSize: 2, ...more })
        .then((job) => ({ job, input }));
    };
    const paused = await start('watched-paused');
    const canceled = await start('watched-canceled');
    const raised = await start('watched-raised', { maxUsd: '0.00008', onBudget: 'wait' });
    const jobs = [paused.job, canceled.job, raised.job];
    const watched = watch(world, jobs);

    const control = async () => {
      for (let times = 0; times < 3; times += 1) {
        await paused.job.pause();
        await sleep(200 * run);
        await paused.job.resume();
        await sleep(100);
      }
    };
    const cancel = async () => {
      await eventually(async () => (await canceled.job.progress()).batches > 0, { timeout: LONG });
      await canceled.job.cancel();
      const error = await canceled.job.result().catch((error: unknown) => error);
      expect(error).toBeInstanceOf(JobCanceledError);
      return (error as JobCanceledError).summary!;
    };
    const raise = async () => {
      await eventually(async () => (await raised.job.progress()).waiting !== undefined, { timeout: LONG });
      await raised.job.raiseBudget('5');
    };
    const [, summary] = await inTime(world, jobs, Promise.all([control(), cancel(), raise()]));
    const ends = inTime(world, jobs, Promise.all([paused.job.result(), raised.job.result()]));
    const [ofPaused, ofRaised] = await ends;
    await expectAllAnswered(paused.job, ofPaused, paused.input);
    await expectAllAnswered(raised.job, ofRaised, raised.input);
    await checkedResults(canceled.job, summary, canceled.input);
    await watched.stop();

    expect(watched.queries).toBeGreaterThan(20);
    expect(await failedTasks(world, jobs)).toEqual([]);
    expect((await world.simulator.books()).billed.repeated).toBe(0);
  },
  LONG,
);

test(
  'a watched job that is reset at any point, with requests in flight, ends as without watching',
  async () => {
    const world = await forgetfulWorld({ duration: HOUR });
    const input = texts('watched-reset', 6);
    const job = await world.start({
      id: 'watched-reset',
      input: { documents: input },
      chunkSize: 2,
    });
    await eventually(async () => (await job.progress()).batches === 3, { timeout: LONG });
    const watched = watch(world, [job]);
    for (let times = 0; times < 50; times += 1) {
      const workflowId = times % 3 === 2 ? `${job.id}/chunk-${times % 2}` : job.id;
      const run = await eventually(async () => {
        const found = await resetPoints(world, workflowId);
        return found.points.length > 0 && found;
      });
      const asked = times % 2 === 0 ? job.pause() : job.resume();
      await reset(world, run, run.points[(times * 7) % run.points.length]!);
      await asked;
    }
    await job.resume();
    world.simulator.clock.advance(HOUR);
    const summary = await inTime(world, [job], job.result());
    await expectAllAnswered(job, summary, input);
    await watched.stop();
    expect(await failedTasks(world, [job])).toEqual([]);
    await expectBilledOnce(world.simulator, summary);
    expect(world.simulator.calls()).toMatchObject({ create: 3 });
  },
  LONG,
);

test(
  'a job that is watched finishes all its segments',
  async () => {
    const world = await forgetfulWorld({ duration: 0 }, { workflowBundle: await smallSegments() });
    const sent = (index: number) => index % 4 === 0;
    const input = documents(32, (index) => `Document ${index}${sent(index) ? '' : 'x'.repeat(1_000)}`);
    const job = await world.start({
      id: 'watched-segments',
      input: { documents: input },
      chunkSize: 1,
      chunkBytes: 1_000,
      maxBatchesInFlight: 40,
    });
    const watched = watch(world, [job]);
    const summary = await inTime(world, [job], job.result());
    await watched.stop();
    expect(summary).toMatchObject({ chunks: 32, batches: 8 });
    expect(await failedTasks(world, [job])).toEqual([]);
    await expectBilledOnce(world.simulator, summary);
  },
  LONG,
);
