// Small jobs, one for each path of the workflows. A scenario acts on a world, and returns once its job has
// ended as intended.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { documents, ended, HOUR, template, until, writeDocuments, writeJobSpec } from './world.mjs';

const batchesOf = (job, count) => until(async () => (await job.progress()).batches === count);
const isState = (job, state) => until(async () => (await job.progress()).state === state);
const waitsFor = (job, words) => until(async () => (await job.progress()).waiting?.includes(words));
/** Waits until the job's first chunk is in a phase. A job counts as paused before its chunks know. */
const chunkIs = (client, job, phase) =>
  until(async () => {
    const { memo } = await client.workflow.getHandle(`${job.id}/chunk-0`).describe();
    return memo?.anthropicBatchChunk?.state.phase === phase;
  });
const http = (...faults) => ({ http: faults });
/** Starts a job of two chunks, and waits until both have a batch in flight. */
async function twoInFlight({ work, start, duration }) {
  await work();
  duration.ms = HOUR;
  const job = await start(8, { chunkSize: 4 });
  await batchesOf(job, 2);
  return job;
}
const first = (points) => points[0];
const last = (points) => points.at(-1);

export const scenarios = {
  // First, because they take the longest.

  /** One of them is terminated with a batch in flight. */
  async segments({ work, batches, name, duration, terminate }) {
    await work();
    duration.ms = HOUR;
    const job = await manyChunks(batches, name);
    await batchesOf(job, 1);
    duration.ms = 0;
    await terminate(`${job.id}/segment-0`);
    await ended(job, { state: 'completed', chunks: 252, batches: 3 });
  },

  /** Two have a batch in flight each. */
  async 'segments-canceled'({ work, batches, name, duration }) {
    await work();
    duration.ms = HOUR;
    const job = await manyChunks(batches, name, { maxBatchesInFlight: 2 });
    await batchesOf(job, 2);
    await job.cancel();
    await ended(job, { state: 'canceled', chunks: 252, batches: 2 });
  },

  async 'segments-reconciled'({ work, batches, name, simulator, duration, terminate }) {
    await work();
    duration.ms = HOUR;
    const job = await manyChunks(batches, name);
    await batchesOf(job, 1);
    await terminate(job.id);
    const [reconciliation] = await batches.reconcile({ job: job.id });
    simulator.clock.advance(HOUR);
    await reconciliation.result();
    await ended(job, { state: 'failed', chunks: 252, batches: 1 });
  },

  async completed({ work, start, simulator }) {
    await work();
    simulator.faults.set(http({ kind: 'status', status: 500, endpoint: 'retrieve' }));
    const input = { documents: documents(9, (index) => `${index % 8}`) };
    const job = await start(0, { input, chunkSize: 5, maxBatchesInFlight: 1 });
    await ended(job, { state: 'completed', succeeded: 9, equal: 1, batches: 2 });
  },

  async retry({ work, start, simulator }) {
    await work();
    simulator.faults.set({
      http: [{ kind: 'status', status: 529, endpoint: 'create' }],
      requests: [{ outcome: 'overloaded_error', fraction: 0.5, times: 1 }],
    });
    await ended(await start(8), { state: 'completed', succeeded: 8, rounds: 2 });
  },

  async 'found-again'({ work, start, simulator, duration }) {
    await work();
    simulator.faults.set(http({ kind: 'drop', when: 'after', endpoint: 'create' }));
    // A running batch proves nothing, so it is watched until it ends.
    duration.ms = HOUR;
    const job = await start(4);
    await waitsFor(job, 'watch');
    simulator.clock.advance(HOUR);
    await ended(job, { state: 'completed', succeeded: 4, batches: 1 });
  },

  async 'presumed-lost'({ work, start, simulator }) {
    await work();
    simulator.faults.set(http({ kind: 'drop', when: 'before', endpoint: 'create' }));
    await ended(await start(4), { state: 'completed', succeeded: 4, batches: 1 });
  },

  /** The list cannot prove that the second attempt bought nothing either, so a person decides. */
  async 'presumed-lost-twice'({ work, start, simulator }) {
    await work();
    simulator.faults.set(http({ kind: 'drop', when: 'before', endpoint: 'create', times: 2 }));
    const job = await start(4);
    await isState(job, 'held');
    await job.resume();
    await ended(job, { state: 'completed', succeeded: 4, batches: 1 });
  },

  /** The batch shows in the list only after the chunk was held. */
  async held({ work, start, simulator }) {
    await work({ submitGrace: 'never' });
    simulator.faults.set({
      ...http({ kind: 'drop', when: 'after', endpoint: 'create' }),
      listLag: HOUR,
    });
    const job = await start(4);
    await isState(job, 'held');
    simulator.clock.advance(HOUR);
    await job.resume();
    await ended(job, { state: 'completed', succeeded: 4, batches: 1 });
  },

  /** Its results were archived before they were collected, and are bought again. */
  async 'results-lost'({ work, start, simulator, duration }) {
    await work();
    duration.ms = HOUR;
    const job = await start(4, { resendLostResults: true });
    await batchesOf(job, 1);
    duration.ms = 0;
    simulator.clock.advance(30 * 24 * HOUR);
    await ended(job, { state: 'completed', succeeded: 4, batches: 2 });
  },

  async 'bad-input'({ work, start }) {
    await work();
    const job = await start(0, { input: { documents: [{ id: 'a' }] } });
    await ended(job, { state: 'failed', failureType: 'anthropic.InputInvalid' });
  },

  /** The first key is refused, so the job waits for a worker with another. */
  async 'worker-lacks-key'({ work, start, simulator }) {
    simulator.faults.set(http({ kind: 'status', status: 401, endpoint: 'list', times: 2 }));
    await work();
    await ended(await start(4), { state: 'completed', succeeded: 4 });
  },

  /** The API refuses one chunk; the others go on. */
  async 'chunk-fails'({ work, start, simulator }) {
    await work();
    simulator.faults.set(http({ kind: 'status', status: 400, endpoint: 'create' }));
    const job = await start(4, { chunkSize: 2, maxBatchesInFlight: 1 });
    await ended(job, { state: 'completed', succeeded: 2, failed: 2 });
  },

  async 'chunk-terminated'({ work, start, terminate, duration }) {
    await work();
    duration.ms = HOUR;
    const job = await start(8);
    await batchesOf(job, 1);
    await terminate(`${job.id}/chunk-0`);
    await ended(job, { state: 'completed', batches: 1 });
  },

  async 'chunk-canceled'(world) {
    const { client, simulator } = world;
    const job = await twoInFlight(world);
    await client.workflow.getHandle(`${job.id}/chunk-0`).cancel();
    await until(async () => (await job.progress()).chunks.done === 1);
    simulator.clock.advance(HOUR);
    await ended(job, { state: 'completed', batches: 2 });
  },

  /** Two batches are in flight, and one chunk has not begun. */
  async canceled({ work, start, simulator, duration }) {
    await work();
    duration.ms = HOUR;
    const job = await start(12, { chunkSize: 4, maxBatchesInFlight: 2 });
    await batchesOf(job, 2);
    await until(() => simulator.calls().retrieve > 2);
    await job.cancel();
    await ended(job, { state: 'canceled', batches: 2 });
  },

  async paused({ work, start, client, simulator, duration }) {
    await work();
    simulator.faults.set({ requests: [{ outcome: 'api_error', times: 1 }] });
    duration.ms = HOUR;
    const job = await start(4);
    await batchesOf(job, 1);
    await job.pause();
    duration.ms = 0;
    simulator.clock.advance(HOUR);
    await chunkIs(client, job, 'paused');
    await job.resume();
    await ended(job, { state: 'completed', succeeded: 4, rounds: 2 });
  },

  /** Started as `batchJob` starts it. The user's workflow is not part of the histories. */
  async 'child-of-a-workflow'({ work, client, batches, name, store }) {
    await work();
    const child = {
      instance: 'run-of-the-parent',
      documents: await writeDocuments(store, documents(8)),
      specRef: await writeJobSpec(store, { template, pollFloor: '1s', chunkSize: 4 }),
    };
    await client.workflow.execute('anthropicDocumentSet', {
      workflowId: name,
      taskQueue: name,
      args: [{ child, waitForWorker: HOUR, searchAttributes: false }],
    });
    await ended(await batches.get(name), { state: 'completed', succeeded: 8 });
  },

  /** Calls a webhook that answers, and is then reset and ends again. */
  async 'on-complete'({ work, start, reset }) {
    const server = createServer((_, response) => response.writeHead(204).end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    try {
      await work({ webhooks: { ops: { url: `http://127.0.0.1:${server.address().port}`, secret } } });
      const job = await start(4, { onComplete: { webhook: 'ops' } });
      await ended(job, { state: 'completed', succeeded: 4 });
      await until(async () => (await job.onComplete()).state === 'completed');
      await reset(job.id, (points) => points.at(-2));
      await ended(job, { state: 'completed', succeeded: 4 });
    } finally {
      server.close();
    }
  },

  async 'over-budget-refused'({ work, start }) {
    await work();
    const job = await start(4, { maxUsd: '0.000001' });
    await ended(job, { state: 'failed', failureType: 'anthropic.OverBudget' });
  },

  /** The budget covers one chunk at a time, then none, until it is raised. */
  async 'over-budget-raised'({ work, start, batches, anthropic, simulator, duration }) {
    await work();
    const one = await batches.estimate({ input: { documents: documents(1) }, template, anthropic });
    duration.ms = HOUR;
    const job = await start(2, { chunkSize: 1, maxUsd: one.usd.worst.batch, onBudget: 'wait' });
    await batchesOf(job, 1);
    await waitsFor(job, 'until more chunks end');
    simulator.clock.advance(HOUR);
    await waitsFor(job, 'has too little left for the chunk');
    duration.ms = 0;
    await job.raiseBudget('1');
    await ended(job, { state: 'completed', succeeded: 2, batches: 2 });
  },

  async 'over-budget-ended'({ work, start, batches, anthropic }) {
    await work();
    const one = await batches.estimate({ input: { documents: documents(1) }, template, anthropic });
    const job = await start(2, { chunkSize: 1, maxUsd: one.usd.worst.batch, onBudget: 'end' });
    await ended(job, { state: 'completed', succeeded: 1, overBudget: 1 });
  },

  async live({ work, start }) {
    await work();
    await ended(await start(8, { liveBelow: 9 }), { state: 'completed', succeeded: 8, live: 8, batches: 0 });
  },

  /** The first round is a batch, and the failed requests are few. */
  async 'live-round'({ work, start, simulator }) {
    await work();
    simulator.faults.set({ requests: [{ outcome: 'api_error', contains: '107', times: 1 }] });
    await ended(await start(8, { liveBelow: 2 }), { state: 'completed', succeeded: 8, live: 1, batches: 1 });
  },

  async 'live-paused-canceled'({ work, start, client, simulator }) {
    await work();
    simulator.faults.set(http({ kind: 'status', status: 429, endpoint: 'messages', skip: 2, times: null }));
    const job = await start(8, { liveBelow: 9 });
    await waitsFor(job, '429');
    await job.pause();
    await chunkIs(client, job, 'paused');
    await job.cancel();
    await ended(job, { state: 'canceled', batches: 0 });
  },

  async adopted(world) {
    await world.work();
    world.duration.ms = HOUR;
    const job = await adopt(world);
    await until(() => world.simulator.calls().retrieve > 2);
    world.simulator.clock.advance(HOUR);
    await ended(job, { state: 'completed', succeeded: 2, batches: 1 });
  },

  async 'adopted-ended'(world) {
    await world.work();
    await ended(await adopt(world), { state: 'completed', succeeded: 2, batches: 1 });
  },

  async 'adopted-canceled'(world) {
    await world.work();
    world.duration.ms = HOUR;
    const job = await adopt(world);
    await batchesOf(job, 1);
    await job.cancel();
    await ended(job, { state: 'canceled' });
  },

  async reconciled(world) {
    const { batches, simulator, terminate } = world;
    const job = await twoInFlight(world);
    await terminate(job.id);
    const [reconciliation] = await batches.reconcile({ job: job.id });
    const { retrieve } = simulator.calls();
    await until(() => simulator.calls().retrieve > retrieve);
    simulator.clock.advance(HOUR);
    await reconciliation.result();
    await ended(job, { state: 'failed', succeeded: 8, batches: 2 });
  },

  async 'reconciled-canceled'(world) {
    const { batches, terminate } = world;
    const job = await twoInFlight(world);
    await terminate(job.id);
    const [reconciliation] = await batches.reconcile({ job: job.id, cancel: true });
    await reconciliation.result();
    await ended(job, { state: 'canceled', batches: 2 });
  },

  async deleted({ work, start, batches }) {
    await work();
    const job = await start(4);
    await ended(job, { state: 'completed', succeeded: 4 });
    await batches.delete(job.id, { batches: true });
  },

  async firing({ work, name, batches, inputs }) {
    await work();
    const lines = documents(4).map((document) => `${JSON.stringify(document)}\n`);
    writeFileSync(join(inputs, 'docs.jsonl'), lines.join(''));
    const spec = { template, pollFloor: '1s' };
    await batches.schedules.create({ id: name, cron: '0 6 * * *', input: 'docs.jsonl', spec });
    await batches.schedules.trigger(name);
    const id = await until(async () => (await batches.schedules.get(name)).recent[0]?.job);
    await batches.schedules.delete(name);
    await ended(await batches.get(id), { state: 'completed', succeeded: 4 });
  },

  /** Reset to its beginning and to its end, with batches in flight. */
  async 'reset-job'(world) {
    const { reset, simulator } = world;
    const job = await twoInFlight(world);
    await reset(job.id, first);
    await isState(job, 'running');
    await batchesOf(job, 2);
    await reset(job.id, last);
    // After ten floors, it checks on children whose start it did not see.
    await sleep(12_000);
    simulator.clock.advance(HOUR);
    await ended(job, { state: 'completed', succeeded: 8, batches: 2 });
  },

  /** Reset while its batch is in flight, and again after its end. */
  async 'reset-chunk'(world) {
    const { reset, simulator } = world;
    const job = await twoInFlight(world);
    const { retrieve } = simulator.calls();
    await reset(`${job.id}/chunk-0`, first);
    await until(() => simulator.calls().retrieve > retrieve + 2);
    await reset(`${job.id}/chunk-0`, last);
    simulator.clock.advance(HOUR);
    await ended(job, { state: 'completed', succeeded: 8, batches: 2 });
    await reset(`${job.id}/chunk-0`, first);
  },

  /** Its chunk is reset to before the cancellation, which is then repeated. */
  async 'reset-canceled'({ work, start, reset, client, simulator, duration }) {
    await work();
    duration.ms = HOUR;
    const job = await start(4);
    await batchesOf(job, 1);
    await job.cancel();
    await until(() => simulator.calls().cancel === 1);
    const chunk = client.workflow.getHandle(`${job.id}/chunk-0`);
    await reset(chunk.workflowId, first);
    await ended(job, { state: 'canceled', batches: 1 });
  },
};

/** Adopts a batch that another tool made. */
async function adopt({ anthropic, batches, name }) {
  const requests = ['b', 'a'].map((custom_id) => ({
    custom_id,
    params: { ...template, messages: [{ role: 'user', content: custom_id }] },
  }));
  const { id } = await anthropic.messages.batches.create({ requests });
  return batches.adopt(id, { id: name, pollFloor: '1s' });
}

/**
 * Starts a job of so many chunks that it has two segments. All but the first two chunks of each send nothing,
 * because their only document is too large, so they end at once.
 */
function manyChunks(batches, id, options = {}) {
  const isSent = (index) => index % 126 < 2;
  return batches.start({
    id,
    input: { documents: documents(252, (index) => `${index}${isSent(index) ? '' : 'x'.repeat(1_000)}`) },
    template,
    pollFloor: '1s',
    chunkSize: 1,
    chunkBytes: 1_000,
    maxBatchesInFlight: 1,
    ...options,
  });
}
