import { expect, test } from 'vitest';
import { claimBatch } from '../../../src/records/claims';
import { keys } from '../../../src/records/keys';
import { recordOrphan } from '../../../src/records/orphans';
import { environment, Stage } from './support';

const readPlan = (stage: Stage, from = 0) =>
  environment().run(stage.worker().anthropicReadPlan, { job: stage.job, from });
const deleteBatches = (stage: Stage) => environment().run(stage.worker().anthropicDeleteBatches, stage.job);

test('a plan whose sending has not begun says so, and can no longer be sent', async () => {
  const stage = await Stage.of({ texts: ['a', null, 'c'] });
  await stage.putChunk(['d'], 1);
  // As in the middle of planning.
  await stage.store.put(keys.requests(stage.job, 2), '{}\n');
  expect(await readPlan(stage)).toMatchObject({
    chunks: [
      { documents: 3, requests: 2 },
      { documents: 1, requests: 1 },
    ],
    begun: false,
    times: stage.times,
  });
  expect(await stage.ledger().read()).toMatchObject([{ attempt: 0, decision: { decision: 'overtaken' } }]);
});

test('a plan with an attempt in a chunk has begun, in any state of that attempt', async () => {
  const stage = await Stage.of();
  await stage.ledger().intend(0, { nonce: '0'.repeat(24), count: 3, apiTime: '', fingerprint: '' });
  expect(await readPlan(stage)).toMatchObject({ begun: true });
  expect(await readPlan(stage, 1)).toMatchObject({ chunks: [], begun: false });
});

test('a plan with an ended chunk has begun, although all its requests were duplicates and none was sent', async () => {
  const stage = await Stage.of();
  await stage.finish();
  expect(await readPlan(stage)).toMatchObject({ begun: true });
});

test('only ended batches that are proved to be the job’s are deleted, with their claims; a repetition deletes the rest', async () => {
  const stage = await Stage.of({ simulator: { duration: ({ number }) => (number === 2 ? 3_600_000 : 0) } });
  const sent = await stage.submit();
  if (sent.kind !== 'bought') throw new Error(`It is ${sent.kind}.`);
  const stranger = await stage.stranger();
  const orphan = await stage.stranger(4);
  await recordOrphan(stage.store, stage.round(), 0, { id: orphan.id, createdAt: new Date() });
  await stage.store.put(keys.batch(stranger.id), '{}');

  expect(await deleteBatches(stage)).toEqual({ deleted: 1, running: [orphan.id] });
  expect((await stage.batches()).map(({ id }) => id)).toEqual([orphan.id, stranger.id]);
  expect(stage.store.entries.has(keys.batch(sent.batch))).toBe(false);
  expect(stage.store.entries.has(keys.batch(stranger.id))).toBe(true);

  stage.simulator.clock.advance(3_600_000);
  expect(await deleteBatches(stage)).toEqual({ deleted: 1, running: [] });
  expect((await stage.batches()).map(({ id }) => id)).toEqual([stranger.id]);
});

test('a batch whose results have proved it to be another job’s is not deleted, although an answer named it', async () => {
  const stage = await Stage.of({ simulator: { duration: 0 } });
  const sent = await stage.submit();
  if (sent.kind !== 'bought') throw new Error(`It is ${sent.kind}.`);
  await claimBatch(stage.store, { batch: sent.batch, nonce: '0'.repeat(24), proved: true });
  expect(await deleteBatches(stage)).toEqual({ deleted: 0, running: [] });
  expect((await stage.batches()).map(({ id }) => id)).toEqual([sent.batch]);
  expect(stage.store.entries.has(keys.batch(sent.batch))).toBe(true);
});

test('results that came within the second of a summary are joined, in a store whose times are whole seconds', async () => {
  const stage = await Stage.of({ simulator: { duration: 0 } });
  const sent = await stage.submit();
  if (sent.kind !== 'bought') throw new Error(`It is ${sent.kind}.`);
  const { store } = stage;
  const head = store.head.bind(store);
  store.head = async (key) => {
    const entry = await head(key);
    return entry && { ...entry, modified: new Date(0) };
  };
  await stage.finish({ canceled: true });
  await stage.retrieve(sent.batch, { retry: false });
  expect((await stage.finish({ keep: true })).counts).toMatchObject({ succeeded: 3 });
});

test('an ended chunk stays unchanged unless more of its results were collected', async () => {
  const stage = await Stage.of();
  const first = await stage.finish({ failure: 'It could not go on.' });
  expect(await stage.finish({ canceled: true, keep: true })).toEqual(first);
  expect(await stage.finish({ canceled: true })).not.toEqual(first);
});
