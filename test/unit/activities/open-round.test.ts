import { expect, test } from 'vitest';
import type { Failed } from '../../../src/job/reason';
import { keys } from '../../../src/records/keys';
import { environment, Stage } from './support';

const openRound = (stage: Stage) =>
  environment().run(stage.worker().anthropicOpenRound, { job: stage.job, chunk: 0 });

test('an activity of an ended workflow cannot send a chunk that was closed', async () => {
  const stage = await Stage.of();
  // The activity has read the ledger. Its workflow is terminated before the activity writes.
  const open = stage.store.open.bind(stage.store);
  let closed: Promise<unknown> | undefined;
  const store = new Proxy(stage.store, {
    get: (target, name) => {
      if (name !== 'open') {
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return async (key: string) => {
        if (key === keys.requests(stage.job, 0)) {
          closed ??= openRound(stage);
          await closed;
        }
        return open(key);
      };
    },
  });
  const sent = await stage.submit({ store });
  expect(await closed).toBeNull();
  expect(sent.kind).toBe('notSent');
  expect(await stage.batches()).toEqual([]);
  expect(await stage.ledger().read()).toMatchObject([{ attempt: 0, decision: { decision: 'overtaken' } }]);
});

test('a workflow that begins later, as after a Reset, sends a closed chunk', async () => {
  const stage = await Stage.of();
  expect(await openRound(stage)).toBeNull();
  expect(await stage.submit()).toMatchObject({ kind: 'bought' });
  expect(await stage.ledger().read()).toMatchObject([{ attempt: 0 }, { attempt: 1 }]);
});

test('an activity that was requested before a chunk was closed cannot send it, although it reads the ledger afterwards', async () => {
  const stage = await Stage.of();
  const send = (scheduled: number) =>
    environment(scheduled).run(stage.worker().anthropicSubmit, stage.sending());
  const close = (scheduled: number) =>
    environment(scheduled).run(stage.worker().anthropicOpenRound, { job: stage.job, chunk: 0 });
  expect(await close(2_000)).toBeNull();
  // A late close, as from a frozen worker, reopens nothing.
  expect(await close(1_500)).toBeNull();
  expect(await send(1_999)).toMatchObject({ kind: 'notSent' });
  expect(await stage.batches()).toEqual([]);
  expect(await send(2_001)).toMatchObject({ kind: 'bought' });
});

test('closing a chunk returns what it bought or may have bought, without rounds whose results are stored', async () => {
  const stage = await Stage.of({ simulator: { duration: 0 } });
  await stage.committed();
  expect(await openRound(stage)).toEqual({ round: 0 });
  await stage.ledger().close(0, { outcome: 'not-created', reason: 'refused' });
  const sent = await stage.submit();
  if (sent.kind !== 'bought') throw new Error(`It is ${sent.kind}.`);
  expect(await openRound(stage)).toEqual({ round: 0, batch: sent.batch });
  await stage.retrieve(sent.batch);
  expect(await openRound(stage)).toBeNull();
});

test('closing a chunk leaves out a round whose results were written off', async () => {
  const stage = await Stage.of({ simulator: { duration: 0 } });
  const sent = await stage.submit();
  if (sent.kind !== 'bought') throw new Error(`It is ${sent.kind}.`);
  await stage.client().messages.batches.delete(sent.batch);
  const { anthropicWriteOff } = stage.worker();
  const reason: Failed = { code: 'failed', type: 'anthropic.BatchGone', message: 'It was deleted.' };
  await environment().run(anthropicWriteOff, { ...stage.round(), batch: sent.batch, reason, resend: false });
  expect(await openRound(stage)).toBeNull();
});
