import { expect, test } from 'vitest';
import { expectAllAnswered, expectBilledOnce } from '../support/job-checks';
import { documents, workingWorld } from '../support/job-world';

test('25,000 documents are sent once each, in three batches, and the results are in input order', async () => {
  const world = await workingWorld({ duration: 1_000 });
  const input = documents(25_000);

  const job = await world.start({ input: { documents: input } });
  const summary = await job.result();

  expect(summary).toMatchObject({ state: 'completed', chunks: 3, batches: 3, rounds: 1, failures: [] });
  const results = await expectAllAnswered(job, summary, input);
  await expectBilledOnce(world.simulator, summary);
  expect(world.simulator.calls().create).toBe(3);

  const sizes = (await world.simulator.batches()).map(({ request_counts }) => request_counts.succeeded);
  expect(sizes.sort()).toEqual([10_000, 10_000, 5_000].sort());
  expect(new Set(results.map(({ custom_id }) => custom_id)).size).toBe(25_000);
  expect(results.every(({ attempts }) => attempts === 1)).toBe(true);

  // When Temporal shows all documents done, the store has their results too.
  expect(await job.summary()).toEqual(summary);
  expect(await (await world.batches.get(job.id)).progress()).toMatchObject({
    state: 'completed',
    documents: 25_000,
    done: 25_000,
    succeeded: 25_000,
    chunks: { planned: 3, running: 0, done: 3 },
  });
});
