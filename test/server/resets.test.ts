import { JobCanceledError } from 'temporal-anthropic-batch/client';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually';
import { details, expectAllAnswered, expectBilledOnce } from '../support/job-checks';
import { documents, type JobWorld, workingWorld } from '../support/job-world';
import { reset, resetPoints } from '../support/resets';

const HOUR = 3_600_000;

/** Batches of this many requests take an hour of the simulator's clock. All others end at once. */
const LONG = 11;

/** Starts a job of two chunks with texts that no other job has. */
async function twoChunks(world: JobWorld, name: string, chunkSize: number) {
  const input = documents(2 * chunkSize, (index) => `Document ${index} of ${name}`);
  const job = await world.start({ id: name, input: { documents: input }, chunkSize });
  return { job, input };
}

/** Distributes the points of a run among several jobs. */
const every = <T>(points: T[], part: number, parts: number) =>
  points.filter((_, index) => index % parts === part);

/** The name for the job or for its first chunk. */
const nameOf = (suffix: string) => (suffix === '' ? '-set' : suffix.replace('/', '-'));

test.concurrent('a Reset at any point buys nothing again, cancels nothing, and changes no result', async () => {
  const world = await workingWorld({ duration: ({ size }) => (size === LONG ? HOUR : 0) });

  /** Resets the job, or its first chunk, to every point of its history while its batches are in flight. */
  const whileRunning = async (suffix: string) => {
    const { job, input } = await twoChunks(world, `running${nameOf(suffix)}`, LONG);
    await eventually(async () => (await job.progress()).batches === 2);
    const run = await resetPoints(world, job.id + suffix);
    // Backwards, so that each time the children of the previous run are those that this run started.
    for (const point of run.points.reverse()) {
      await reset(world, run, point);
      await eventually(async () => {
        const { state, chunks, batches } = await job.progress();
        return state === 'running' && chunks.running === 2 && batches === 2;
      });
    }
    return async () => {
      await expectAllAnswered(job, await job.result(), input);
    };
  };

  /** Resets the job, or its first chunk, to every point of its history after it has ended. */
  const whenEnded = async (suffix: string, part: number, parts: number) => {
    const { job, input } = await twoChunks(world, `ended${nameOf(suffix)}-${part}`, LONG - 1);
    const summary = await job.result();
    const results = await expectAllAnswered(job, summary, input);
    const run = await resetPoints(world, job.id + suffix);
    for (const point of every(run.points, part, parts)) {
      await reset(world, run, point);
      const workflow = world.client.workflow.getHandle(run.workflowId);
      await eventually(async () => (await workflow.describe()).status.name === 'COMPLETED');
      // It has ended again.
      const same = { ...summary, endedAt: expect.any(String) };
      if (suffix === '') expect(await job.result()).toEqual(same);
      expect(await job.summary()).toEqual(same);
      expect(await expectAllAnswered(job, summary, input)).toEqual(results);
    }
  };

  const running = Promise.all(['', '/chunk-0'].map(whileRunning));
  await Promise.all([
    running,
    ...[0, 1, 2].map((part) => whenEnded('', part, 3)),
    ...[0, 1].map((part) => whenEnded('/chunk-0', part, 2)),
  ]);
  world.simulator.clock.advance(HOUR);
  await Promise.all((await running).map((end) => end()));

  const { billed } = await world.simulator.books();
  const jobs = { running: 2, ended: 5 };
  const requests = jobs.running * 2 * LONG + jobs.ended * 2 * (LONG - 1);
  expect(billed).toMatchObject({ repeated: 0, requests });
  expect(world.simulator.calls()).toMatchObject({ create: 2 * (jobs.running + jobs.ended), cancel: 0 });
});

test.concurrent('a canceled job that is reset after its retry buys nothing of what the retry bought', async () => {
  const world = await workingWorld({
    duration: ({ number }) => (number === 0 ? HOUR : 0),
    cancelFinishes: 0.5,
  });
  const input = documents(12);
  const job = await world.start({ input: { documents: input }, chunkSize: 4, maxBatchesInFlight: 1 });
  await eventually(async () => (await job.progress()).batches === 1);
  await job.cancel();
  await expect(job.result()).rejects.toThrow(JobCanceledError);
  const before = (await job.summary())!;
  const retry = await world.batches.retry(job.id, { pollFloor: '1s' });
  const retried = await retry.result();
  expect(before.succeeded + retried.succeeded).toBe(12);

  const run = await resetPoints(world, job.id);
  await reset(world, run, run.points[0]!);
  const workflow = world.client.workflow.getHandle(job.id);
  await eventually(async () => (await workflow.describe()).status.name !== 'RUNNING');
  await expectBilledOnce(world.simulator, { succeeded: 12 });
  expect(await job.summary()).toMatchObject({ documents: 12, succeeded: before.succeeded });
});

test.concurrent('a job that was reset still pauses and resumes the chunks that kept running', async () => {
  const world = await workingWorld({ duration: HOUR });
  const input = documents(
    5,
    (index) => `Document ${index}${index === 3 ? ' [[sim:api_error:times=1]]' : ''}`,
  );
  const job = await world.start({ input: { documents: input } });
  await eventually(async () => (await job.progress()).batches === 1);
  const run = await resetPoints(world, job.id);
  await reset(world, run, run.points.at(-1)!);
  await eventually(async () => (await job.progress()).chunks.running === 1);

  await job.pause();
  world.simulator.clock.advance(HOUR);
  await eventually(async () => (await details(world, `${job.id}/chunk-0`)).includes('**paused**'));
  expect(world.simulator.calls().create).toBe(1);

  await job.resume();
  await eventually(async () => (await world.simulator.batches()).length === 2);
  world.simulator.clock.advance(HOUR);
  await expectAllAnswered(job, await job.result(), input);
});

test.concurrent('a job that was reset and is canceled cancels the batches of the chunks that kept running', async () => {
  const world = await workingWorld({ duration: HOUR });
  const job = await world.start({ input: { documents: documents(5) } });
  await eventually(async () => (await job.progress()).batches === 1);
  const run = await resetPoints(world, job.id);
  await reset(world, run, run.points.at(-1)!);
  await eventually(async () => (await job.progress()).chunks.running === 1);

  await job.cancel();
  await expect(job.result()).rejects.toThrow(JobCanceledError);
  expect(world.simulator.calls()).toMatchObject({ create: 1, cancel: 1 });
});

test.concurrent('a chunk that is reset while its job is being canceled is canceled again, and buys nothing', async () => {
  const world = await workingWorld({ duration: HOUR, cancelDuration: HOUR });
  const job = await world.start({ input: { documents: documents(5) } });
  await eventually(async () => (await job.progress()).batches === 1);
  const run = await resetPoints(world, `${job.id}/chunk-0`);
  await job.cancel();
  await eventually(async () => world.simulator.calls().cancel === 1);

  await reset(world, run, run.points[0]!);
  const chunk = world.client.workflow.getHandle(run.workflowId);
  await eventually(async () => {
    const { events } = await chunk.fetchHistory();
    return events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes) ?? false;
  });
  world.simulator.clock.advance(HOUR);
  await expect(job.result()).rejects.toThrow(JobCanceledError);
  expect(world.simulator.calls()).toMatchObject({ create: 1 });
});

const unpaid = { http: [{ kind: 'status', endpoint: 'create', status: 402, times: null } as const] };

test.concurrent('a chunk that waits for an account to pay, and is reset after its job has ended, sends nothing', async () => {
  const world = await workingWorld({ faults: unpaid });
  const job = await world.start({ input: { documents: documents(5) } });
  await eventually(() => world.simulator.calls().create >= 2);
  const run = await resetPoints(world, `${job.id}/chunk-0`);
  await job.cancel();
  await expect(job.result()).rejects.toThrow(JobCanceledError);

  world.simulator.faults.clear();
  await reset(world, run, run.points.at(-1)!);
  const chunk = world.client.workflow.getHandle(run.workflowId);
  await expect(chunk.result()).rejects.toMatchObject({ cause: { cause: { type: 'anthropic.JobEnded' } } });
  expect(await world.simulator.batches()).toEqual([]);
});

test.concurrent('a chunk that was canceled alone, and is reset to before that, sends its round, because its job still runs', async () => {
  const world = await workingWorld({
    faults: unpaid,
    duration: ({ size }) => (size === 5 ? HOUR : 0),
  });
  const input = documents(8);
  const job = await world.start({ input: { documents: input }, chunkSize: 5 });
  await eventually(() => world.simulator.calls().create >= 4);
  const run = await resetPoints(world, `${job.id}/chunk-0`);
  const openRound = async () => {
    const { events } = await world.client.workflow.getHandle(run.workflowId).fetchHistory();
    return events?.some(
      ({ activityTaskScheduledEventAttributes: it }) => it?.activityType?.name === 'anthropicOpenRound',
    );
  };
  await world.client.workflow.getHandle(run.workflowId).cancel();
  await eventually(openRound);
  await reset(world, run, run.points.at(-1)!);
  world.simulator.faults.clear();
  await eventually(async () => (await world.simulator.batches()).length === 2);
  world.simulator.clock.advance(HOUR);
  await job.result();
  await expectBilledOnce(world.simulator, { succeeded: 8 });
});

test.concurrent('a chunk of an earlier run that has bought nothing is canceled with the job that was reset', async () => {
  const world = await workingWorld({ faults: unpaid });
  const job = await world.start({ input: { documents: documents(5) } });
  await eventually(() => world.simulator.calls().create >= 1);
  await job.pause();
  const run = await resetPoints(world, job.id);
  await reset(world, run, run.points[0]!);
  // It is still paused, so it sends nothing.
  await eventually(async () => (await job.progress()).state === 'paused');
  await job.cancel();
  await expect(job.result()).rejects.toThrow(JobCanceledError);
  const chunk = world.client.workflow.getHandle(`${job.id}/chunk-0`);
  await eventually(async () => (await chunk.describe()).status.name === 'CANCELLED');
});

test.concurrent('a terminated job that is reset continues by itself', async () => {
  const world = await workingWorld({ duration: HOUR });
  const input = documents(20);
  const job = await world.start({ input: { documents: input }, chunkSize: 10 });
  await eventually(async () => (await job.progress()).batches === 2);
  const run = await resetPoints(world, job.id);
  await world.client.workflow.getHandle(job.id).terminate('by hand');
  const chunk = world.client.workflow.getHandle(`${job.id}/chunk-0`);
  await eventually(async () => (await chunk.describe()).status.name === 'TERMINATED');

  await reset(world, run, run.points.at(-1));
  world.simulator.clock.advance(HOUR);
  const summary = await job.result();
  await expectAllAnswered(job, summary, input);
  await expectBilledOnce(world.simulator, summary);
  expect(summary).toMatchObject({ batches: 2 });
});
