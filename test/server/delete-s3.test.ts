import { S3Store } from 'temporal-anthropic-batch';
import { BatchClient } from 'temporal-anthropic-batch/client';
import { beforeAll, expect, test } from 'vitest';
import { encodeSegment } from '../../src/records/encode';
import { keys } from '../../src/records/keys';
import { runCli, spawnCli } from '../support/cli';
import { eventually } from '../support/eventually';
import { collect } from '../support/job-checks';
import { documents, jobWorld, runWorker } from '../support/job-world';
import { s3Server, type TestS3 } from '../support/s3';
import { TEMPLATE } from '../support/template';

let s3: TestS3;

beforeAll(async () => {
  s3 = await s3Server();
}, 600_000);

/** Each interrupted deletion leaves its mark. */
const isMark = (key: string) => key.includes('/deletions/');

/** Fails after a number of deletes of a job's files. */
class Interrupted extends S3Store {
  left = Number.POSITIVE_INFINITY;
  override async delete(key: string): Promise<void> {
    if (!isMark(key) && this.left-- === 0) throw new Error('interrupted');
    await super.delete(key);
  }
}

/** A world with a worker, whose store is a prefix of the bucket. */
async function worldOnS3(prefix: string, options: Parameters<typeof jobWorld>[0] = {}) {
  const world = await jobWorld(options);
  const location = `s3://bucket/${prefix}`;
  const store = new Interrupted(location, { client: s3.client() });
  await runWorker(world, { store });
  const batches = new BatchClient(world.client, { store, taskQueue: world.taskQueue });
  /** An ended job of two chunks and two rounds. */
  const ended = async (id: string) => {
    const input = documents(4, (index) => `${id} ${index}${index === 0 ? '[[sim:api_error:times=1]]' : ''}`);
    const times = { pollFloor: '1s', pollCeiling: '2s' };
    const job = await batches.start({
      id,
      template: TEMPLATE,
      chunkSize: 2,
      input: { documents: input },
      ...times,
    });
    expect(await job.result()).toMatchObject({ state: 'completed', succeeded: 4, batches: 3 });
    return job;
  };
  const below = async (prefix: string) => (await collect(store.list(prefix))).map(({ key }) => key);
  return { ...world, location, store, batches, ended, below };
}

test.concurrent.each(['delete', 'prune'] as const)(
  '%s completes on S3 after an interruption at any point, and touches no other job',
  async (how) => {
    const { store, batches, ended, below } = await worldOnS3(how);
    const [job] = await Promise.all([ended('deleted'), ended('untouched')]);
    /** The job's files, without the marks of its deletions. */
    const left = async () =>
      (await below(keys.instancesIn(encodeSegment(job.id)))).filter((key) => !isMark(key));
    const untouched = await below(keys.instancesIn(encodeSegment('untouched')));
    const claims = await below(keys.batches);
    const files = (await left()).length;
    expect(files).toBeGreaterThan(20);

    const remove = async () => {
      if (how === 'delete') return await batches.delete(job.id);
      // The other job would be next.
      for await (const pruned of batches.prune({ olderThan: 0 })) if (pruned.job === job.id) return pruned;
      throw new Error('nothing was pruned');
    };
    store.left = 0;
    await expect(remove()).rejects.toThrow('interrupted');
    // Each interruption comes one file later, so that a removal begins after every number of removed files.
    for (let removed = 1; removed < files; removed += 1) {
      store.left = 1;
      await expect(remove(), `interrupted after ${removed}`).rejects.toThrow('interrupted');
      expect(await left()).toHaveLength(files - removed);
    }
    store.left = Number.POSITIVE_INFINITY;
    expect(await remove()).toMatchObject({ job: job.id, files: 1 });
    expect(await below(keys.instancesIn(encodeSegment(job.id)))).toEqual([]);
    expect(await below(keys.instancesIn(encodeSegment('untouched')))).toEqual(untouched);
    expect(await below(keys.batches)).toEqual(claims);
    await expect(batches.delete(job.id)).rejects.toThrow(/no job "deleted"/);
  },
);

test.concurrent('delete with --batches deletes the batches too, also if an earlier delete died midway', async () => {
  const { server, simulator, location, taskQueue, ended, below } = await worldOnS3('batches', {
    faults: { http: [{ kind: 'delay', endpoint: 'delete', skip: 1, ms: 3_000 }] },
  });
  const { id } = await ended('with batches');
  const options = { env: { ...server.env, ...s3.env } };
  const args = ['--batches', '--yes', '--store', location, '--task-queue', taskQueue];

  const first = await spawnCli(['delete', id, ...args], options);
  await eventually(() => simulator.calls().delete === 2);
  await first.kill9();
  expect(await below(keys.instancesIn(encodeSegment(id)))).not.toEqual([]);

  const { code, stdout } = await runCli(['delete', id, ...args, '--json'], options);
  expect([code, JSON.parse(stdout).job]).toEqual([0, id]);
  expect(await simulator.batches()).toEqual([]);
  expect(await below('')).toEqual([keys.store]);
});
