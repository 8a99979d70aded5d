import { expect, test } from 'vitest';
import { newChunkState } from '../../../src/job/chunk-state';
import { CHUNK_MEMO, PROGRESS_MEMO } from '../../../src/job/names';
import { chunkOf, progressOf } from '../../../src/temporal/memos';

const job = { id: 'job', instance: 'i', store: 's' };
const reason = { code: 'noBatchListed' as const };

test('the memo of a job has its progress, without a reason that this version does not know', () => {
  const progress = { job, state: 'running', done: 3 };
  expect(progressOf({ memo: { [PROGRESS_MEMO]: { ...progress, reason } } })).toEqual({ ...progress, reason });
  expect(progressOf({ memo: { [PROGRESS_MEMO]: { ...progress, reason: { code: 'aLaterOne' } } } })).toEqual(
    progress,
  );
  expect(progressOf({ memo: {} })).toBeUndefined();
  expect(progressOf({})).toBeUndefined();
});

test('the memo of a chunk has its state, unless this version cannot read it', () => {
  const state = { ...newChunkState(3, 10), phase: 'held', reason };
  expect(chunkOf({ memo: { [CHUNK_MEMO]: { job, state } } })).toEqual({ job, state });
  expect(chunkOf({ memo: { [CHUNK_MEMO]: { job, state: { ...state, reason: 'held' } } } })).toBeUndefined();
  expect(chunkOf({ memo: { [CHUNK_MEMO]: { job } } })).toBeUndefined();
  expect(chunkOf({})).toBeUndefined();
});
