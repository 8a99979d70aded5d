import { expect, test } from 'vitest';
import type { ChunkState } from '../../../src/job/chunk-state';
import { noCounts } from '../../../src/job/outcome';
import { SetState } from '../../../workflows/set-state';

test('a batch counts once, however often its chunk tells of it: after a Reset, and in between as one that has none yet', () => {
  const set = new SetState({ id: 'job', instance: 'a', store: 's' });
  const news = (batch?: string): ChunkState => ({
    chunk: 0,
    phase: 'in progress',
    requests: 1,
    round: 0,
    batch,
  });
  set.running.set(0, news());
  for (const batch of ['msgbatch_1', undefined, 'msgbatch_1', 'msgbatch_2', 'msgbatch_1'])
    set.took(news(batch));
  expect(set.totals.batches).toBe(2);

  const batches = ['msgbatch_1', 'msgbatch_2', 'msgbatch_3'];
  set.ended({ chunk: 0, documents: 1, counts: { ...noCounts(), succeeded: 1 }, rounds: 3, batches });
  expect(set.totals.batches).toBe(3);
});
