import { expect, test } from 'vitest';
import { eventually } from '../support/eventually';
import { checkedResults, expectBilledOnce } from '../support/job-checks';
import { documents, workingWorld } from '../support/job-world';

const HOUR = 3_600_000;

test('the job of a terminated chunk cancels its batch and keeps its paid answers; a retry pays for none of them again', async () => {
  const world = await workingWorld({
    duration: ({ number }) => (number < 2 ? HOUR : 300),
    cancelFinishes: 0.5,
  });
  const input = documents(40);
  const job = await world.start({ input: { documents: input }, chunkSize: 20 });
  await eventually(async () => (await job.progress()).batches === 2);

  await world.client.workflow.getHandle(`${job.id}/chunk-0`).terminate('by hand');
  await world.client.workflow.getHandle(`${job.id}/chunk-1`).terminate('by hand');
  const summary = await job.result();
  expect(summary.failures.map(({ chunk }) => chunk)).toEqual([0, 1]);
  expect((await world.simulator.batches()).map(({ processing_status }) => processing_status)).toEqual([
    'ended',
    'ended',
  ]);
  expect(summary.succeeded).toBe((await world.simulator.books()).billed.requests);
  expect(summary.succeeded).toBeGreaterThan(0);
  await checkedResults(job, summary, input);

  const retried = await (await world.batches.retry(job.id, { pollFloor: '1s' })).result();
  expect(retried).toMatchObject({ documents: summary.failed, succeeded: summary.failed, failed: 0 });
  await expectBilledOnce(world.simulator, { succeeded: 40 });
});
