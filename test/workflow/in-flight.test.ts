import type { Simulator } from 'temporal-anthropic-batch/simulator';
import { expect, it } from 'vitest';
import { documents, HOUR, skipping, template } from './skipping';

/** Batches that end in a different order than they were sent. */
const duration = ({ number }: { number: number }) => (0.2 + ((number * 7) % 5) / 5) * HOUR;

const job = { template, chunkSize: 10, pollFloor: '5m' };

it('a job of 40 chunks keeps up to 5 batches in flight, and never more', async () => {
  const { batches, simulator } = await skipping({ duration });
  const handle = await batches.start({
    ...job,
    id: 'forty',
    input: { documents: documents(400) },
    maxBatchesInFlight: 5,
  });
  expect(await handle.result()).toMatchObject({
    state: 'completed',
    succeeded: 400,
    chunks: 40,
    batches: 40,
    rounds: 1,
  });
  expect(await mostAtOnce(simulator)).toEqual({ batches: 5, requests: 50 });
  const ids = [];
  for await (const { id, status } of handle.results()) if (status === 'succeeded') ids.push(id);
  expect(ids).toEqual(documents(400).map(({ id }) => id));
});

it('a job never has more requests in flight than allowed', async () => {
  const { batches, simulator } = await skipping({ duration });
  const handle = await batches.start({
    ...job,
    id: 'thirty-five',
    input: { documents: documents(120) },
    maxRequestsInFlight: 35,
  });
  expect(await handle.result()).toMatchObject({ state: 'completed', succeeded: 120, chunks: 12 });
  expect(await mostAtOnce(simulator)).toEqual({ batches: 3, requests: 30 });
});

it('a chunk larger than the allowed requests in flight is sent alone', async () => {
  const { batches, simulator } = await skipping({ duration });
  const handle = await batches.start({
    ...job,
    id: 'alone',
    input: { documents: documents(30) },
    maxRequestsInFlight: 5,
  });
  expect(await handle.result()).toMatchObject({ state: 'completed', succeeded: 30, chunks: 3 });
  expect(await mostAtOnce(simulator)).toEqual({ batches: 1, requests: 10 });
});

/** The maximum numbers of batches and of their requests in flight at one moment, by the API's times. */
async function mostAtOnce(simulator: Simulator): Promise<{ batches: number; requests: number }> {
  const all = (await simulator.batches()).map((batch) => ({
    from: Date.parse(batch.created_at),
    to: Date.parse(batch.ended_at!),
    requests: Object.values(batch.request_counts).reduce((sum, count) => sum + count, 0),
  }));
  const moments = all.map(({ from }) => all.filter((other) => other.from <= from && from < other.to));
  return {
    batches: Math.max(...moments.map((open) => open.length)),
    requests: Math.max(...moments.map((open) => open.reduce((sum, { requests }) => sum + requests, 0))),
  };
}
