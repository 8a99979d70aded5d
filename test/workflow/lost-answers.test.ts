import type { JobHandle } from 'temporal-anthropic-batch/client';
import type { HttpFault } from 'temporal-anthropic-batch/simulator';
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually';
import { attempts, checkedResults } from '../support/job-checks';
import { documents, HOUR, type Skipping, skipping, template } from './skipping';

const lost = (when: 'before' | 'after', times = 1): { http: HttpFault[] } => ({
  http: [{ kind: 'drop', endpoint: 'create', when, times }],
});

/**
 * Cancels a job's chunk whose answer is lost, and returns the job's end. Cancels only once the chunk sleeps
 * or waits for a person, because the time-skipping server stops skipping after a running activity was
 * canceled.
 */
async function canceled(job: JobHandle, { store, env }: Pick<Skipping, 'store' | 'env'>) {
  await eventually(async () => expect((await job.progress()).waiting).toContain('was lost'));
  expect(await attempts(store)).toEqual(['commit -']);
  await env.client.workflow.getHandle(`${job.id}/chunk-0`).cancel();
  return job.result();
}

it('a batch that appears after its attempt was presumed lost is recognized, and its answers are not bought again', async () => {
  const late: { body?: string; polls: number } = { polls: 0 };
  /** The first create is delayed, and arrives at the third poll of the batch that replaced it. */
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const path = new URL(String(url)).pathname;
    const create = init?.method?.toUpperCase() === 'POST' && path === '/v1/messages/batches';
    if (create && late.body === undefined) {
      late.body = await new Response((init.body as unknown as Blob).stream()).text();
      throw new TypeError('fetch failed');
    }
    if (/batches\/msgbatch_[^/]+$/.test(path)) late.polls += 1;
    if (late.polls === 3) {
      late.polls += 1;
      const headers = new Headers(init?.headers);
      headers.set('content-type', 'application/json');
      const address = new URL('/v1/messages/batches', String(url));
      const answer = await globalThis.fetch(address, { method: 'POST', headers, body: late.body });
      expect(answer.status, await answer.text()).toBe(200);
    }
    return globalThis.fetch(url, init);
  };
  const { batches, simulator, store } = await skipping(
    { duration: ({ number }) => (number === 0 ? 3 : 1) * HOUR },
    { fetch },
  );
  const input = documents(20).map((document) => ({
    ...document,
    text: `${document.text} [[sim:api_error:times=1]]`,
  }));
  const job = await batches.start({ id: 'orphan', input: { documents: input }, template });
  const summary = await job.result();

  const [orphan, batch] = await simulator.batches();
  expect(await attempts(store)).toEqual(['commit presumed-lost', 'commit created']);
  expect(summary).toMatchObject({ state: 'completed', succeeded: 20, rounds: 1, orphaned: [orphan!.id] });
  expect(await simulator.batches()).toHaveLength(2);
  // The round's own requests had all failed.
  const results = await checkedResults(job, summary, input);
  expect(new Set(results.map(({ batch_id }) => batch_id))).toEqual(new Set([orphan!.id]));
  expect(batch!.request_counts.errored).toBe(20);
});

it('a canceled chunk searches for a batch whose answer was lost until the batch has ended, and keeps its answers', async () => {
  const { batches, simulator, store, env } = await skipping({ duration: 5 * HOUR, faults: lost('after') });
  const job = await batches.start({ id: 'found', input: { documents: documents(20) }, template });
  const summary = await canceled(job, { store, env });
  expect(summary).toMatchObject({ state: 'completed', succeeded: 20, batches: 1 });
  expect(summary.unresolved).toBeUndefined();
  // While it ran, nothing proved that it was ours.
  expect(simulator.calls()).toMatchObject({ create: 1, cancel: 0 });
});

it('a canceled chunk presumes its attempt lost after the grace, and resends nothing', async () => {
  const { batches, simulator, store, env } = await skipping({ faults: lost('before') });
  const from = await env.currentTimeMs();
  const job = await batches.start({ id: 'void', input: { documents: documents(20) }, template });
  const summary = await canceled(job, { store, env });
  expect((await env.currentTimeMs()) - from).toBeGreaterThan(HOUR / 2);
  expect(await attempts(store)).toEqual(['commit presumed-lost', 'overtaken -']);
  expect(summary).toMatchObject({ state: 'completed', counts: { not_sent: 20 } });
  expect(summary.unresolved).toBeUndefined();
  expect(simulator.calls().create).toBe(1);
});

it('a canceled chunk that never presumes an attempt lost reports its documents as unresolved', async () => {
  const { batches, store, env } = await skipping({ faults: lost('before') }, { submitGrace: 'never' });
  const job = await batches.start({ id: 'never', input: { documents: documents(20) }, template });
  const summary = await canceled(job, { store, env });
  expect(summary).toMatchObject({ state: 'completed', unresolved: 20, counts: { errored: 20 } });
  expect(await attempts(store)).toEqual(['commit -']);
  const [first] = await checkedResults(job, summary, documents(20));
  const message = expect.stringMatching(
    /unknown whether a batch holds it\. Search .* for a batch of 20 requests, created at \d{4}-\d\d-\d\d /,
  );
  expect(first!.error).toMatchObject({ type: 'unresolved', message });
});

it('a chunk whose list of batches cannot be searched is held after the grace, and continues once it can', async () => {
  const endless: HttpFault = {
    kind: 'malformed',
    endpoint: 'list',
    fields: { has_more: 'missing' },
    times: null,
  };
  const { batches, simulator, env } = await skipping({
    faults: { http: [...lost('before').http!, endless] },
  });
  const from = await env.currentTimeMs();
  const job = await batches.start({ id: 'unsearchable', input: { documents: documents(20) }, template });
  const ended = job.result();
  await eventually(async () => expect((await job.progress()).state).toBe('held'));
  expect((await env.currentTimeMs()) - from).toBeGreaterThan(HOUR / 2);
  expect((await job.progress()).waiting).toMatch(
    /^Chunk 0 sent a batch, .* the list of batches cannot be searched\. .*has_more.* batch of 20 requests, created at .* UTC/,
  );
  simulator.faults.set({});
  await job.resume();
  expect(await ended).toMatchObject({ state: 'completed', succeeded: 20, batches: 1 });
});
