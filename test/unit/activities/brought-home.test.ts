import { expect, test } from 'vitest';
import { keys } from '../../../src/records/keys';
import { recordOrphan } from '../../../src/records/orphans';
import { environment, Stage } from './support';

const readPlan = (stage: Stage, from = 0) =>
  environment().run(stage.worker().anthropicReadPlan, { job: stage.job, from });
const deleteBatches = (stage: Stage) => environment().run(stage.worker().anthropicDeleteBatches, stage.job);

test('a plan of which nothing was begun is told as such, and cannot be sent any more', async () => {
  const stage = await Stage.of({ texts: ['a', null, 'c'] });
  await stage.putChunk(['d'], 1);
  // In the middle of its planning.
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

test('a plan of which a chunk was begun is whole, whatever became of that', async () => {
  const stage = await Stage.of();
  await stage.ledger().intend(0, { nonce: '0'.repeat(24), count: 3, apiTime: '', fingerprint: '' });
  expect(await readPlan(stage)).toMatchObject({ begun: true });
  expect(await readPlan(stage, 1)).toMatchObject({ chunks: [], begun: false });
});

test('a plan is begun of which a chunk has ended, though all its requests are equal to others and none was sent', async () => {
  const stage = await Stage.of();
  await stage.finish();
  expect(await readPlan(stage)).toMatchObject({ begun: true });
});

test('only ended batches that are proved the job’s are deleted, each with its claim; again there are fewer', async () => {
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

test('a chunk that has ended is left as it is, unless something of it was brought home', async () => {
  const stage = await Stage.of();
  const first = await stage.finish({ failure: 'It could not go on.' });
  expect(await stage.finish({ canceled: true, keep: true })).toEqual(first);
  expect(await stage.finish({ canceled: true })).not.toEqual(first);
});
