import { beforeAll, expect, test } from 'vitest';
import { checkedResults } from '../support/job-checks';
import { documents, type JobServer, jobServer, workingWorld } from '../support/job-world';

let shared: JobServer;

beforeAll(async () => {
  shared = await jobServer();
});

test('a small job is answered without a batch, at full price', async () => {
  const world = await workingWorld(shared);
  const input = documents(30);
  const job = await world.start({ input: { documents: input }, syncBelow: 31 });
  const summary = await job.result();
  expect(summary).toMatchObject({ state: 'completed', succeeded: 30, batches: 0, rounds: 1, oneByOne: 30 });
  expect(summary.maybePaidTwice).toBeUndefined();
  const results = await checkedResults(job, summary, input);
  expect(results.map(({ batch_id, attempts }) => [batch_id, attempts])).toEqual(input.map(() => [null, 1]));
  expect(world.simulator.calls()).toMatchObject({ create: 0, messages: 30 });
});
