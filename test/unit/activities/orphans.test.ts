import { describe, expect, test, vi } from 'vitest';
import type { AttemptIntent } from '../../../src/job/protocol/submission';
import { claimBatch, ownClaim, readClaim } from '../../../src/records/claims';
import { keys } from '../../../src/records/keys';
import { listOrphans, recordOrphan } from '../../../src/records/orphans';
import { resultsText } from '../../support/chunks';
import { environment, Stage, type StageOptions } from './support';

const HOUR = 3_600_000;

const running: StageOptions = { simulator: { duration: HOUR, cancelDuration: 1_000, cancelFinishes: 0 } };

/** A chunk whose first attempt was presumed lost and whose round was resent. */
async function sentAgain(options: StageOptions) {
  const stage = await Stage.of(options);
  const intent = await stage.committed();
  await stage.ledger().close(0, { outcome: 'presumed-lost' });
  const sent = await stage.submit();
  if (sent.kind !== 'bought') throw new Error(`It is ${sent.kind}.`);
  return { stage, intent, sent, batch: sent.batch };
}

const statusOf = async (stage: Stage, id: string) =>
  (await stage.batches()).find((batch) => batch.id === id)!.processing_status;

const orphansOf = async (stage: Stage) =>
  (await listOrphans(stage.store, stage.job)).map(({ batch }) => batch);

const claimOf = (stage: Stage, intent: AttemptIntent, id: string) => ownClaim(stage.round(), 0, intent, id);

describe('a chunk with an attempt presumed lost', () => {
  test('is watched for orphans, and no other chunk is', async () => {
    const { stage, sent } = await sentAgain(running);
    expect(sent).toMatchObject({ watch: true });
    expect(await stage.reconcile()).toMatchObject({ kind: 'bought', watch: true });
    const openRound = () =>
      environment().run(stage.worker().anthropicOpenRound, { job: stage.job, chunk: 0 });
    expect(await openRound()).toMatchObject({ round: 0, batch: sent.batch, watch: true });

    const ordinary = await Stage.of(running);
    expect(await ordinary.submit()).not.toHaveProperty('watch');
    expect(await ordinary.reconcile()).not.toHaveProperty('watch');
  });

  test('is watched in every later round, also without an open attempt', async () => {
    const { stage, batch } = await sentAgain({
      simulator: { duration: 0 },
      texts: ['a', '[[sim:overloaded_error:times=1]]'],
    });
    expect(await stage.retrieve(batch)).toMatchObject({ outstanding: 1 });
    const second = await stage.submit({}, 1);
    expect(second).toMatchObject({ kind: 'bought', watch: true });
    await stage.retrieve(second.kind === 'bought' ? second.batch : '', { round: 1 });
    const open = await environment().run(stage.worker().anthropicOpenRound, { job: stage.job, chunk: 0 });
    expect(open).toEqual({ watch: true });
  });

  test('has nothing to collect if its batch never appears', async () => {
    const { stage, batch } = await sentAgain(running);
    await stage.stranger();
    expect(await stage.poll(batch, stage.times)).toEqual({ status: 'in_progress', orphaned: [] });
    expect(await stage.collect()).toEqual({ orphaned: [], running: [], unread: [] });
  });
});

describe('an orphan', () => {
  test.each<[string, (stage: Stage, intent: AttemptIntent, id: string) => Promise<void>]>([
    ['claimed', (stage, intent, id) => claimBatch(stage.store, claimOf(stage, intent, id))],
    [
      'recorded',
      (stage, _, id) => recordOrphan(stage.store, stage.round(), 0, { id, createdAt: new Date() }),
    ],
  ])(
    'that runs and was %s by its process before it died is canceled by the next poll, and awaited',
    async (_, write) => {
      const { stage, intent, batch } = await sentAgain(running);
      const late = await stage.boughtBy(intent);
      await write(stage, intent, late.id);
      expect(await stage.poll(batch, stage.times)).toEqual({ status: 'in_progress', orphaned: [late.id] });
      expect(await statusOf(stage, late.id)).toBe('canceling');
      expect(await orphansOf(stage)).toEqual([late.id]);
      expect(await readClaim(stage.store, late.id)).toMatchObject({ nonce: intent.nonce, attempt: 0 });
      // One cancellation is enough.
      const put = vi.spyOn(stage.store, 'put');
      await stage.poll(batch, stage.times);
      expect(put).not.toHaveBeenCalled();
      expect(stage.simulator.calls().cancel).toBe(1);

      expect(await stage.collect()).toEqual({ orphaned: [late.id], running: [late.id], unread: [] });
      stage.simulator.clock.advance(1_000);
      expect(await stage.collect()).toEqual({ orphaned: [late.id], running: [], unread: [] });
      expect(
        stage.store.text(keys.download({ ...stage.round(), orphan: late.id }, 0)).split('\n'),
      ).toHaveLength(4);
      expect(await statusOf(stage, batch)).toBe('in_progress');
    },
  );

  test('that is not proved keeps running, and is recognized by its nonce when it has ended', async () => {
    const { stage, intent, batch } = await sentAgain(running);
    // A frozen process may wake at any time.
    stage.simulator.clock.advance(20 * 60_000);
    const late = await stage.boughtBy(intent);
    const stranger = await stage.stranger();
    expect(await stage.poll(batch, stage.times)).toEqual({ status: 'in_progress', orphaned: [] });
    expect(await stage.collect()).toEqual({ orphaned: [], running: [], unread: [] });
    expect(stage.simulator.calls().cancel).toBe(0);

    stage.simulator.clock.advance(HOUR);
    expect(await stage.collect()).toEqual({ orphaned: [late.id], running: [], unread: [] });
    expect(await orphansOf(stage)).toEqual([late.id]);
    expect(stage.store.entries.has(keys.orphan(stage.job, stranger.id))).toBe(false);
    expect(stage.simulator.calls().cancel).toBe(0);
  });

  test('that a gateway bought twice is reported with each of its batches', async () => {
    const { stage, intent, batch } = await sentAgain(running);
    const first = await stage.boughtBy(intent);
    await recordOrphan(stage.store, stage.round(), 0, { id: first.id, createdAt: new Date() });
    const second = await stage.boughtBy(intent);
    expect(await stage.poll(batch, stage.times)).toMatchObject({ orphaned: [first.id] });
    stage.simulator.clock.advance(HOUR);
    expect((await stage.collect()).orphaned.toSorted()).toEqual([first.id, second.id].toSorted());
    expect(await readClaim(stage.store, second.id)).toMatchObject({ nonce: intent.nonce, attempt: 0 });
  });

  test('that the list does not show yet is found by its record', async () => {
    const { stage, intent, batch } = await sentAgain({
      simulator: { ...running.simulator, listLag: HOUR },
    });
    const late = await stage.boughtBy(intent);
    await recordOrphan(stage.store, stage.round(), 0, { id: late.id, createdAt: new Date() });
    expect(await stage.poll(batch, stage.times)).toMatchObject({ orphaned: [late.id] });
    expect(await statusOf(stage, late.id)).toBe('canceling');
  });

  test('is collected instead of searched for by the poll that sees the end', async () => {
    const { stage, batch } = await sentAgain({ simulator: { duration: 0 } });
    const { list } = stage.simulator.calls();
    expect(await stage.poll(batch, stage.times)).toEqual({ status: 'ended' });
    expect(stage.simulator.calls().list).toBe(list);
  });

  test('whose search fails does not fail the poll, which reports it', async () => {
    const { stage, batch } = await sentAgain(running);
    stage.simulator.faults.set({ http: [{ endpoint: 'list', kind: 'status', status: 500 }] });
    expect(await stage.poll(batch, stage.times)).toEqual({
      status: 'in_progress',
      reason: {
        code: 'orphanSearchFailed',
        type: 'anthropic.Unavailable',
        subtype: 'api_error',
        message: expect.stringContaining('500'),
      },
    });
  });

  test('whose results cannot be read is requested again', async () => {
    const { stage, intent } = await sentAgain({ simulator: { duration: 0 } });
    const late = await stage.boughtBy(intent);
    const http = [{ endpoint: 'results', kind: 'status', status: 404, batch: late.id, skip: 1 } as const];
    stage.simulator.faults.set({ http });
    expect(await stage.collect()).toMatchObject({
      unread: [late.id],
      reason: { code: 'failed', type: 'anthropic.NotFound', message: expect.stringContaining('404') },
    });
    expect(stage.store.entries.has(keys.download({ ...stage.round(), orphan: late.id }, 0))).toBe(false);
    expect(await stage.collect()).toEqual({ orphaned: [late.id], running: [], unread: [] });
  });

  test('that was deleted is reported, and delays nothing', async () => {
    const { stage } = await sentAgain(running);
    await recordOrphan(stage.store, stage.round(), 0, { id: 'msgbatch_deleted', createdAt: new Date() });
    expect(await stage.collect()).toEqual({ orphaned: ['msgbatch_deleted'], running: [], unread: [] });
  });
});

describe('an answer of an orphan', () => {
  /** The batch of the first attempt, with the same requests, appears late. */
  const FLAKY = '[[sim:overloaded_error:times=1]]';

  async function answered(texts: string[]) {
    const { stage, intent, batch } = await sentAgain({ simulator: { duration: 0 }, texts });
    // The requests that fail once have already failed in the round's own batch.
    const late = await stage.boughtBy({ nonce: intent.nonce, count: 3 });
    await stage.collect();
    return { stage, batch, late };
  }

  const results = (stage: Stage) =>
    resultsText(stage.store, stage.job, 0)
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));

  test('is used if the round failed for its request, which is not resent', async () => {
    const { stage, batch, late } = await answered(['a', FLAKY, 'c']);
    expect(await stage.retrieve(batch)).toMatchObject({ rows: 3, succeeded: 2, outstanding: 0 });
    expect(await stage.finish()).toMatchObject({
      counts: { succeeded: 3 },
      batches: [batch],
      orphaned: [late.id],
      rounds: 1,
    });
    expect(results(stage)).toMatchObject([
      { id: 'd-0', status: 'succeeded', batch_id: batch, attempts: 1 },
      { id: 'd-1', status: 'succeeded', batch_id: late.id, attempts: 2 },
      { id: 'd-2', status: 'succeeded', batch_id: batch, attempts: 1 },
    ]);
  });

  test('is used if the resent round has no results; a failure of an orphan is never used', async () => {
    const stage = await Stage.of({ simulator: { duration: 0 }, texts: ['a', 'b', 'c'] });
    const intent = await stage.committed();
    await stage.ledger().close(0, { outcome: 'presumed-lost' });
    await stage.committed(1);
    const late = await stage.client().messages.batches.create({
      requests: ['a', '[[sim:invalid_request_error]]', 'c'].map((text, n) => ({
        custom_id: `${intent.nonce}-${n}`,
        params: { model: 'claude-haiku-5-5', max_tokens: 10, messages: [{ role: 'user', content: text }] },
      })),
    });
    await stage.collect();
    const summary = await stage.finish({ canceled: true });
    expect(summary).toMatchObject({
      orphaned: [late.id],
      unresolved: 1,
      counts: { succeeded: 2, errored: 1 },
    });
    expect(results(stage)).toMatchObject([
      { status: 'succeeded', batch_id: late.id },
      { status: 'errored', error: { type: 'unresolved' }, batch_id: null },
      { status: 'succeeded', batch_id: late.id },
    ]);
    const job = await environment().run(stage.worker().anthropicFinishJob, {
      job: stage.job,
      state: 'canceled' as const,
      chunks: 1,
      documents: 3,
    });
    expect(job).toMatchObject({ orphaned: [late.id], unresolved: 1 });
  });
});
