import { describe, expect, test } from 'vitest';
import type { Batch, BatchesApi } from '../../../src/anthropic/api';
import { batchesApi } from '../../../src/anthropic/batches';
import type { ReconcileOutcome, SubmitOutcome } from '../../../src/job/activity-types';
import type { ChunkSummary } from '../../../src/job/job';
import { keys } from '../../../src/records/keys';
import { resultsText } from '../../support/chunks';
import { deferred } from '../../support/deferred';
import { eventually } from '../../support/eventually';
import { environment, failed, Stage } from './support';

/** Answers one of two concurrent creates, when both batches exist. */
type Answer = (made: [Batch, Batch], call: number, stage: Stage) => Promise<Batch>;

/** An API behind a proxy that gives two concurrent creates other answers. */
function proxy(stage: Stage, answer: Answer): BatchesApi {
  const real = batchesApi(stage.client());
  const made: Batch[] = [];
  const both = deferred();
  const create = async (...args: Parameters<BatchesApi['create']>) => {
    const call = made.push(await real.create(...args)) - 1;
    if (made.length === 2) both.resolve();
    await both.promise;
    return answer([made[0]!, made[1]!], call, stage);
  };
  return Object.create(real, { create: { value: create } });
}

const swap: Answer = async (made, call) => made[1 - call]!;

/** Two chunks that are sent at the same time through a proxy. */
async function sent(answer: Answer, duration: (batch: { number: number }) => number = () => 0) {
  const stage = await Stage.of({ texts: ['a', 'b', 'c'], simulator: { duration } });
  await stage.putChunk(['d', 'e', 'f'], 1);
  const api = proxy(stage, answer);
  const { anthropicSubmit } = stage.worker({ anthropic: () => api });
  const submit = (chunk: number): Promise<SubmitOutcome> =>
    environment().run(anthropicSubmit, { ...stage.sending(), chunk });
  const told = await Promise.all([submit(0), submit(1)]);
  const batches = told.map((outcome) => (outcome.kind === 'bought' ? outcome.batch : undefined));
  const retrieve = (chunk: number, api?: BatchesApi) => {
    const input = { ...stage.round(), chunk, batch: batches[chunk], retry: false, unpaid: false };
    return environment().run(stage.worker(api && { anthropic: () => api }).anthropicRetrieve, input);
  };
  const reconcile = (chunk: number): Promise<ReconcileOutcome> => {
    const input = { ...stage.sending(), chunk, presumeLost: false, allowed: 1 };
    return environment().run(stage.worker().anthropicReconcile, input);
  };
  return { stage, batches, retrieve, reconcile };
}

const finish = (stage: Stage, chunk: number): Promise<ChunkSummary> =>
  environment().run(stage.worker().anthropicFinishChunk, {
    job: stage.job,
    chunk,
    canceled: false,
    unsent: { type: 'not_sent', message: 'It was never sent.' },
  });

const INCOMPLETE = { type: 'anthropic.ResultsIncomplete', nonRetryable: false };

describe('chunks whose answers a proxy swapped', () => {
  test('find their own batches by their results', async () => {
    const { stage, batches, retrieve } = await sent(swap);
    for (const chunk of [0, 1]) {
      expect(await failed(() => retrieve(chunk))).toMatchObject(INCOMPLETE);
      expect(await retrieve(chunk)).toMatchObject({ rows: 3, succeeded: 3, outstanding: 0 });
    }
    const own = [batches[1], batches[0]];
    for (const [chunk, texts] of [
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ].entries()) {
      expect(await finish(stage, chunk)).toMatchObject({ batches: [own[chunk]], counts: { succeeded: 3 } });
      const rows = resultsText(stage.store, stage.job, chunk).trim().split('\n');
      for (const [ordinal, text] of texts.entries()) {
        expect(JSON.parse(rows[ordinal]!).message.content[0].text).toContain(`${text} `);
      }
      expect(JSON.parse(stage.store.text(keys.batch(own[chunk]!)))).toMatchObject({ chunk, proved: true });
    }
    expect((await stage.simulator.books()).billed).toMatchObject({ requests: 6, repeated: 0 });
    // The ledger names them from now on.
    expect(await stage.submit()).toMatchObject({ kind: 'bought', batch: own[0] });
  });

  test('wait for their own batch if the other one has ended first, and download that once', async () => {
    const { stage, batches, retrieve } = await sent(swap, ({ number }) => (number === 1 ? 3_600_000 : 0));
    const isRunning = (batch: { processing_status: string }) => batch.processing_status === 'in_progress';
    const { id: running } = (await stage.batches()).find(isRunning)!;
    const waiting = 1 - batches.indexOf(running);
    expect(await failed(() => retrieve(waiting))).toMatchObject(INCOMPLETE);
    for (let time = 0; time < 3; time += 1) {
      expect(await failed(() => retrieve(waiting))).toMatchObject({
        type: 'anthropic.NotEnded',
        nonRetryable: false,
        message: expect.stringContaining(running),
      });
    }
    const key = keys.downloads({ ...stage.round(), chunk: waiting });
    expect([...stage.store.entries.keys()].filter((one) => one.startsWith(key))).toHaveLength(1);
    stage.simulator.clock.advance(3_600_000);
    expect(await retrieve(waiting)).toMatchObject({ rows: 3 });
    await failed(() => retrieve(1 - waiting));
    expect(await retrieve(1 - waiting)).toMatchObject({ rows: 3 });
  });

  test('find their own batches in a list without states', async () => {
    const { stage, retrieve } = await sent(swap);
    const real = batchesApi(stage.client());
    const list: BatchesApi['list'] = async (...args) => {
      const page = await real.list(...args);
      return { ...page, batches: page.batches.map((batch) => ({ ...batch, status: undefined })) };
    };
    const api: BatchesApi = Object.create(real, { list: { value: list } });
    await failed(() => retrieve(0, api));
    expect(await retrieve(0, api)).toMatchObject({ rows: 3 });
  });

  test('download again, as for any missing rows, while the list cannot be searched', async () => {
    const { stage, retrieve } = await sent(swap);
    const real = batchesApi(stage.client());
    // Each page leads back to itself.
    const list: BatchesApi['list'] = async (...args) => {
      return { ...(await real.list(...args)), batches: [], hasMore: true, lastId: 'msgbatch_0' };
    };
    const api: BatchesApi = Object.create(real, { list: { value: list } });
    for (let time = 0; time < 3; time += 1) {
      expect(await failed(() => retrieve(0, api))).toMatchObject(INCOMPLETE);
    }
    expect(await retrieve(0)).toMatchObject({ rows: 3 });
  });

  test('write off the results of their own batch, not of the one that was named first', async () => {
    const { stage, batches, retrieve } = await sent(swap);
    const real = batchesApi(stage.client());
    const own = batches[1]!;
    const cut: BatchesApi['results'] = async (batch, signal) => {
      if (batch.id === own && reads++ > 0) throw new Error('The connection broke.');
      return real.results(batch, signal);
    };
    let reads = 0;
    const api: BatchesApi = Object.create(real, { results: { value: cut } });
    await failed(() => retrieve(0));
    await failed(() => retrieve(0, api));
    await stage.client().messages.batches.delete(own);
    const reason = { code: 'failed', type: 'anthropic.ResultsGone', message: 'They are gone.' } as const;
    const input = { ...stage.round(), batch: batches[0]!, reason, resend: false };
    const written = await environment().run(stage.worker().anthropicWriteOff, input);
    expect(written).not.toHaveProperty('there');
  });
});

test('a chunk whose upload was slow finds its batch, although the named one is much older', async () => {
  const stage = await Stage.of({ simulator: { duration: 0 } });
  const { id } = await stage.stranger(3);
  const real = batchesApi(stage.client());
  const other = await real.retrieve(id);
  const create: BatchesApi['create'] = async (...args) => {
    stage.simulator.clock.advance(60_000);
    await real.create(...args);
    return other;
  };
  const time: BatchesApi['time'] = async () => ({ now: (await real.time()).now });
  const api: BatchesApi = Object.create(real, { create: { value: create }, time: { value: time } });
  const outcome = await stage.submit({ anthropic: () => api });
  expect(outcome).toMatchObject({ kind: 'bought', batch: id });
  await failed(() => stage.retrieve(id, { retry: false }));
  expect(await stage.retrieve(id, { retry: false })).toMatchObject({ rows: 3, succeeded: 3 });
});

describe('a batch that a store knows as another’s only by an answer', () => {
  test('is found by its owner once it has ended: two creates got the same answer', async () => {
    // The owner gets its answer once the other chunk has claimed the batch.
    const same: Answer = async ([, both], call, { store }) => {
      if (call === 1) await eventually(async () => store.entries.has(keys.batch(both.id)));
      return both;
    };
    const { stage, batches, retrieve, reconcile } = await sent(same);
    const wrong = batches.findIndex((batch) => batch !== undefined);
    await failed(() => retrieve(wrong));
    expect(await retrieve(wrong)).toMatchObject({ rows: 3 });
    expect(await reconcile(1 - wrong)).toMatchObject({ kind: 'bought', batch: batches[wrong] });
    expect((await stage.simulator.books()).billed).toMatchObject({ requests: 6, repeated: 0 });
  });

  test('is found by its owner once it has ended: one create got the other’s answer, and that got none', async () => {
    const shifted: Answer = async (made, call) => {
      if (call === 0) throw new Error('The connection was reset.');
      return made[0]!;
    };
    const { batches, retrieve, reconcile } = await sent(shifted);
    const wrong = batches.findIndex((batch) => batch !== undefined);
    expect(await reconcile(1 - wrong)).toMatchObject({ kind: 'bought', batch: batches[wrong] });
    await failed(() => retrieve(wrong));
    expect(await retrieve(wrong)).toMatchObject({ rows: 3 });
  });
});
