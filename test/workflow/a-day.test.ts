import type { JobHandle } from 'temporal-anthropic-batch/client';
import { expect, it } from 'vitest';
import { documents, HOUR, skipping, template } from './skipping';

const MOST_EVENTS = 1_500;
/** Polls in the first 24 hours at the default intervals of 30 s to 15 min. The last one sees the end. */
const POLLS = 133;
const A_DAY = 24 * HOUR - 1_000;

it(`a batch of just under 24 hours takes ${POLLS} polls, at most ${MOST_EVENTS} history events, and seconds`, async () => {
  const { batches, simulator, env, chunkEvents } = await skipping({ duration: A_DAY });
  const from = await env.currentTimeMs();
  const began = performance.now();
  const job = await batches.start({ id: 'a-day', input: { documents: documents(50) }, template });
  const summary = await job.result();
  const seconds = (performance.now() - began) / 1000;

  expect(summary).toMatchObject({ state: 'completed', documents: 50, succeeded: 50, batches: 1, rounds: 1 });
  expect((await env.currentTimeMs()) - from).toBeGreaterThan(A_DAY);
  expect(simulator.calls()).toMatchObject({ create: 1, retrieve: POLLS, cancel: 0 });
  const events = await chunkEvents(job.id, 0);
  expect(events, `${events} events of the chunk`).toBeLessThanOrEqual(MOST_EVENTS);
  expect(seconds, `${seconds} s of real time`).toBeLessThan(30);
});

it('only requests that expired at 24 hours are resent', async () => {
  const { batches, simulator } = await skipping({
    duration: ({ number }) => (number === 0 ? 30 * HOUR : HOUR),
  });
  const job = await batches.start({ id: 'expiry', input: { documents: documents(50) }, template });
  const summary = await job.result();
  const [second, first] = await simulator.batches();
  const expired = first!.request_counts.expired;

  expect(expired).toBeGreaterThan(0);
  expect(expired).toBeLessThan(50);
  expect(second!.request_counts).toMatchObject({ succeeded: expired, expired: 0 });
  expect(summary).toMatchObject({ state: 'completed', succeeded: 50, failed: 0, batches: 2, rounds: 2 });

  const results = await all(job);
  expect(results.map(({ id }) => id)).toEqual(documents(50).map(({ id }) => id));
  expect(results.filter(({ attempts }) => attempts === 2)).toHaveLength(expired);
  for (const { attempts, batch_id } of results) expect(batch_id).toBe([first!.id, second!.id][attempts - 1]);
  // Nothing was bought twice.
  expect([...(await simulator.digests()).values()].filter((times) => times !== 1)).toEqual([]);
});

it('a request that expires in every round ends as expired', async () => {
  const { batches, simulator } = await skipping({ duration: 24 * 1000 * HOUR });
  const job = await batches.start({
    id: 'expires',
    input: { documents: documents(20) },
    template,
    maxRounds: 2,
  });
  const summary = await job.result();
  const results = await all(job);
  expect(simulator.calls().create).toBe(2);
  expect(summary).toMatchObject({ state: 'completed', documents: 20, rounds: 2, batches: 2 });
  expect(summary.counts.expired + summary.succeeded).toBe(20);
  expect(summary.counts.expired).toBeGreaterThan(0);
  const expired = results.filter(({ status }) => status === 'expired');
  expect(expired).toHaveLength(summary.counts.expired);
  for (const result of expired) expect(result).toMatchObject({ class: 'transient', attempts: 2 });
});

async function all(job: JobHandle) {
  const results = [];
  for await (const result of job.results()) results.push(result);
  return results;
}
