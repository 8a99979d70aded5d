import { expect, it } from 'vitest';
import { documents, HOUR, skipping, template } from './skipping';

/** Tries in some 20 hours at the default intervals: the pauses grow to 15 minutes, and are spread to 22. */
const TRIES = 72;

it('a key that is refused for most of a day costs the job a few messages, the chunk a try in a quarter of an hour', async () => {
  const { batches, simulator, env, chunkEvents } = await skipping();
  // The first step's look at the key passes.
  simulator.faults.set({
    http: [{ kind: 'status', status: 401, endpoint: 'list', skip: 1, times: TRIES }],
  });
  const from = await env.currentTimeMs();
  const job = await batches.start({ id: 'refused', input: { documents: documents(10) }, template });
  expect(await job.result()).toMatchObject({ state: 'completed', succeeded: 10, batches: 1, failures: [] });

  expect(simulator.faults.get().fired).toEqual([TRIES]);
  expect((await env.currentTimeMs()) - from).toBeGreaterThan(17 * HOUR);
  const { events } = await env.client.workflow.getHandle(job.id).fetchHistory();
  const told = events!.filter((event) => event.workflowExecutionSignaledEventAttributes);
  // That it sends, that it waits and why, that the batch is in progress.
  expect(told).toHaveLength(3);
  const perTry = (await chunkEvents(job.id, 0)) / TRIES;
  expect(perTry, `${perTry} events a try`).toBeLessThan(15);
});
