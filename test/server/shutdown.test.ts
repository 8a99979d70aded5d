import { describe, expect, test } from 'vitest';
import { type CliProcess, spawnWorker } from '../support/cli';
import { eventually } from '../support/eventually';
import { attempts, expectAllAnswered, expectBilledOnce } from '../support/job-checks';
import { createProxy } from '../support/job-proxy';
import { documents, type JobWorld, jobWorld } from '../support/job-world';

/**
 * Starts a worker as a separate process. Its grace is longer than any test, so no test can have waited for
 * it.
 */
const worker = ({ server, store, taskQueue }: JobWorld, anthropicBaseUrl: string): Promise<CliProcess> =>
  spawnWorker({ server, store, taskQueue, anthropicBaseUrl, args: ['--submit-grace', '3m'] });

const terminate = ({ pid }: CliProcess) => process.kill(pid, 'SIGTERM');

describe.concurrent('a worker that gets SIGTERM', () => {
  /** A job with a stalled upload of 20 MB, which is more than the sockets' buffers can hold. */
  const uploading = async () => {
    const world = await jobWorld();
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

  test('during an upload aborts it and closes its attempt; another worker sends the chunk at once', async () => {
    const { first, store, sentByAnother } = await uploading();
    terminate(first);
    // Its grace is 10 s.
    expect(await eventually(() => first.ended)).toBe(0);
    expect(await attempts(store)).toEqual(['overtaken -']);
    await sentByAnother();
    expect(await attempts(store)).toEqual(['overtaken -', 'commit created']);
  });

  test('twice during an upload ends at once; another worker overtakes its attempt', async () => {
    const { first, store, sentByAnother } = await uploading();
    // The process handles the first signal at some point. The next one ends it.
    await eventually(() => {
      if (first.ended === undefined) terminate(first);
      return first.ended;
    });
    expect(first.ended).toBe('SIGTERM');
    expect(await attempts(store)).toEqual(['- -']);
    await sentByAnother();
    expect(await attempts(store)).toEqual(['overtaken -', 'commit created']);
  });

  test('during a download abandons the results; another worker downloads them', async () => {
    const world = await jobWorld({
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
