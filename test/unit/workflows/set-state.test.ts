import { expect, test } from 'vitest';
import { unknownCost } from '../../../src/cost/cost';
import { newChunkState } from '../../../src/job/chunk-state';
import { noCounts } from '../../../src/job/outcome';
import type { WaitReason } from '../../../src/job/reason';
import { noTotals } from '../../../src/job/segments';
import { SetState } from '../../../workflows/pool/set-state';

const LOST: WaitReason = { code: 'answerLost', round: 0, watching: [] };
const HELD: WaitReason = {
  code: 'held',
  chunk: 1,
  requests: 1,
  sentAt: '2026-11-22T12:00:00.000Z',
  why: { code: 'noBatchListed' },
};

const set = () => new SetState({ id: 'job', instance: 'a', store: 's' });

test('the data of signals is shown to people, and commands do not depend on it', () => {
  const state = set();
  state.running.set(0, newChunkState(0, 1));
  const before = state.progress();
  state.took({ ...newChunkState(0, 1), phase: 'searching', batches: 1, reason: LOST });
  state.tookNews({ segment: 0, totals: { ...noTotals(), done: 5, batches: 2 } });
  expect(state.progress()).toEqual(before);
  expect(state.shown(0)).toMatchObject({ batches: 3, done: 5, reason: LOST });
});

test('a chunk without a batch in flight is not shown as having one', () => {
  const state = set();
  state.took({ ...newChunkState(7, 1), batches: 1 });
  expect(state.shown(0)).toMatchObject({ batches: 0, chunks: { running: 0 } });
});

test('the batches of a chunk count once, before it has ended and after', () => {
  const state = set();
  state.running.set(0, newChunkState(0, 1));
  state.took({ ...newChunkState(0, 1), batches: 2 });
  expect(state.shown(0).batches).toBe(2);
  state.running.delete(0);
  const batches = ['msgbatch_1', 'msgbatch_2', 'msgbatch_3'];
  const counts = { ...noCounts(), succeeded: 1 };
  state.ended({ chunk: 0, documents: 1, counts, rounds: 3, batches, cost: unknownCost(1) });
  expect(state.shown(0).batches).toBe(3);
});

test('a segment counts once, by its signals until it has ended', () => {
  const state = set();
  state.tookNews({ segment: 1, totals: { ...noTotals(), chunksDone: 4, done: 4 } });
  // Signals may overtake each other.
  state.tookNews({ segment: 1, totals: { ...noTotals(), chunksDone: 2, done: 2 } });
  expect(state.shown(0).done).toBe(4);
  state.segmentEnded(1, { ...noTotals(), chunksDone: 5, done: 5 });
  expect(state.shown(0).done).toBe(5);
  expect(state.progress().done).toBe(5);
});

test('of several reasons, that of a chunk which waits for a person is shown', () => {
  const state = set();
  state.running.set(0, { ...newChunkState(0, 1), phase: 'searching', reason: LOST });
  state.running.set(1, { ...newChunkState(1, 1), phase: 'held', reason: HELD });
  expect(state.shown(0).reason).toEqual(HELD);
});
