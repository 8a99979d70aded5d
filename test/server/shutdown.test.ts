import { beforeAll, describe, expect, test } from 'vitest';
import { type CliProcess, spawnWorker } from '../support/cli';
import { eventually } from '../support/eventually';
import { attempts, expectAllAnswered, expectBilledOnce } from '../support/job-checks';
import { createProxy } from '../support/job-proxy';
import { documents, type JobServer, type JobWorld, jobServer, jobWorld } from '../support/job-world';

let shared: JobServer;

beforeAll(async () => {
  shared = await jobServer();
});

/** A worker as a process of its own; its grace is longer than any test, so that none can have waited for it. */
const worker = ({ store, taskQueue }: JobWorld, anthropicBaseUrl: string): Promise<CliProcess> => {
  const { address } = shared.server;
  return spawnWorker({ address, store, taskQueue, anthropicBaseUrl, args: ['--submit-grace', '3m'] });
};

const terminate = ({ pid }: CliProcess) => process.kill(pid, 'SIGTERM');

describe('a worker that gets SIGTERM', () => {
  /** A job whose upload of 20 MB, more than the sockets on the way can hold, has come to a halt. */
  const uploading = async () => {
    const world = await jobWorld(shared);
    const proxy = await createProxy(world.simulator.url);
    const input = documents(200, (index) => `Document ${index} ${'x'.repeat(100_000)}`);
    const first = await worker(world, proxy.url);
    const job = await world.start({ input: { documents: input } });
    await proxy.stalled();
    expect(await attempts(world.store)).toEqual(['- -']);
    const sentByAnother = async () => {
      proxy.open();
      await worker(world, proxy.url);
      const summary = await job.result();
      await expectAllAnswered(job, summary, input);
      await expectBilledOnce(world.simulator, summary);
      expect(await world.simulator.batches()).toHaveLength(1);
    };
    return { ...world, first, sentByAnother };
  };

  test('in the middle of an upload breaks it off and closes its attempt; another sends it at once', async () => {
    const { first, store, sentByAnother } = await uploading();
    terminate(first);
    // Its grace is 10 s.
    expect(await eventually(() => first.ended)).toBe(0);
    expect(await attempts(store)).toEqual(['overtaken -']);
    await sentByAnother();
    expect(await attempts(store)).toEqual(['overtaken -', 'commit created']);
  });

  test('twice in the middle of an upload is gone at once; another overtakes it', async () => {
    const { first, store, sentByAnother } = await uploading();
    // The first is taken at some time; after it the next one ends the process.
    await eventually(() => {
      if (first.ended === undefined) terminate(first);
      return first.ended;
    });
    expect(first.ended).toBe('SIGTERM');
    expect(await attempts(store)).toEqual(['- -']);
    await sentByAnother();
    expect(await attempts(store)).toEqual(['overtaken -', 'commit created']);
  });

  test('while it retrieves lets go of the results; another fetches them', async () => {
    const world = await jobWorld(shared, {
      faults: { http: [{ kind: 'delay', endpoint: 'results', ms: 3_600_000 }] },
    });
    const first = await worker(world, world.simulator.url);
    const input = documents(20);
    const job = await world.start({ input: { documents: input } });
    await eventually(() => world.simulator.calls().results === 1);

    terminate(first);
    expect(await eventually(() => first.ended)).toBe(0);
    await worker(world, world.simulator.url);
    const summary = await job.result();
    await expectAllAnswered(job, summary, input);
    await expectBilledOnce(world.simulator, summary);
    expect(world.simulator.calls()).toMatchObject({ create: 1, cancel: 0 });
  });
});
