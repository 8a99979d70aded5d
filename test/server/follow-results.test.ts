import { JobFailedError } from 'temporal-anthropic-batch/client';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli';
import { eventually } from '../support/eventually';
import { collect } from '../support/job-checks';
import { documents, type JobWorld, workingWorld } from '../support/job-world';

const HOUR = 3_600_000;

/**
 * A job of three chunks of two documents. The first chunk's batch runs until the test moves the clock. The
 * last document of the third chunk equals the first document of the first one.
 */
async function following() {
  const world = await workingWorld({ duration: ({ number }) => (number === 0 ? HOUR : 0) });
  const input = documents(6, (index) => `Document ${index % 5}`);
  const job = await world.start({ input: { documents: input }, chunkSize: 2, maxBatchesInFlight: 1 });
  await eventually(async () => (await world.simulator.batches()).length === 1);
  return { world, job, ids: input.map(({ id }) => id) };
}

/** Lets the first chunk's batch end. */
const release = ({ simulator }: JobWorld) => simulator.clock.advance(HOUR);

/** Starts to read, and returns what was read so far. */
function reading<T>(source: AsyncIterable<T>, into: T[] = []) {
  const done = (async () => {
    for await (const item of source) into.push(item);
  })();
  done.catch(() => {});
  return { read: into, done };
}

test.concurrent('results are followed as chunks end; a document with an equal request comes when the job ends', async () => {
  // Only the first chunk sends three requests: the last document of the second equals the first of the first.
  const world = await workingWorld({ duration: ({ size }) => (size === 3 ? HOUR : 0) });
  const input = documents(6, (index) => `Document ${index % 5}`);
  const job = await world.start({ input: { documents: input }, chunkSize: 3 });
  const arriving = reading(job.results({ follow: true }));
  const ordered = reading(job.results({ follow: true, inOrder: true }));
  const early = await eventually(() => arriving.read.length === 2 && arriving.read.map(({ id }) => id));
  expect(early).toEqual(input.slice(3, 5).map(({ id }) => id));
  expect(ordered.read).toEqual([]);

  release(world);
  await Promise.all([arriving.done, ordered.done]);
  expect(arriving.read.slice(0, 2).map(({ id }) => id)).toEqual(early);
  expect(arriving.read.map(({ id }) => id).sort()).toEqual(input.map(({ id }) => id));
  expect(ordered.read.map(({ id }) => id)).toEqual(input.map(({ id }) => id));
  for (const { status } of [...arriving.read, ...ordered.read]) expect(status).toBe('succeeded');
  // The job has ended, so the same call returns at once.
  expect(await collect(job.results({ follow: true, failed: true }))).toEqual([]);
});

test.concurrent('following ends with a job that is canceled, and throws for one that is terminated', async () => {
  const { job } = await following();
  const canceled = reading(job.results({ follow: true }));
  await job.cancel();
  await canceled.done;
  expect(canceled.read).toHaveLength(6);

  const { world, job: other } = await following();
  const stop = new AbortController();
  const stopped = reading(other.results({ follow: true, signal: stop.signal }));
  stop.abort(new Error('enough'));
  await expect(stopped.done).rejects.toThrow('enough');

  const cut = reading(other.results({ follow: true }));
  await world.client.workflow.getHandle(other.id).terminate('by hand');
  await expect(cut.done).rejects.toThrow(JobFailedError);
});

test.concurrent('the command line follows results', async () => {
  const { world, job, ids } = await following();
  const { server, store, taskQueue } = world;
  const args = ['results', job.id, '--follow', '--in-order', '--store', store, '--task-queue', taskQueue];
  const printed = runCli(args, { env: server.env });
  release(world);
  await job.result();
  const { code, stdout } = await printed;
  const lines = stdout.trim().split('\n');
  expect([code, ...lines.map((line) => JSON.parse(line).id)]).toEqual([0, ...ids]);
});
