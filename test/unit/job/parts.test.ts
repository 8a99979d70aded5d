import { expect, test } from 'vitest';
import type { JobProgress } from '../../../src/job/job';
import { withParts } from '../../../src/job/parts';

const progress: JobProgress = {
  job: { id: 'a job', instance: 'i', store: 's' },
  state: 'running',
  documents: 100,
  done: 10,
  succeeded: 9,
  failed: 1,
  chunks: { planned: 10, running: 1, done: 1 },
  batches: 1,
  rounds: 1,
};

const flying = (batch: string, since: number) => ({
  ...{ batch, chunk: 0, round: 0, requests: 1 },
  since: new Date(since).toISOString(),
});

const LOST = { code: 'answerLost' as const, round: 0, watching: [] };

test('a job without running parts has the progress of its memo', () => {
  expect(withParts(progress, { chunks: [], segments: [] })).toEqual({
    ...progress,
    nextPoll: undefined,
    inFlight: undefined,
    waiting: undefined,
  });
});

test('its chunks add their batches, the nearest poll and their reasons for waiting', () => {
  const chunks = [
    { phase: 'in progress' as const, batches: 1, nextPoll: 2_000, inFlight: flying('b', 9) },
    { phase: 'in progress' as const, batches: 2, nextPoll: 1_000, inFlight: flying('a', 3) },
    { phase: 'searching' as const, batches: 0, reason: LOST },
  ];
  expect(withParts(progress, { chunks, segments: [] })).toMatchObject({
    state: 'running',
    batches: 4,
    nextPoll: '1970-01-01T00:00:01.000Z',
    inFlight: [{ batch: 'a' }, { batch: 'b' }],
    waiting: 'the answer to round 1 was lost; searching for its batch',
  });
});

test('a job with a chunk that waits for a person is held unless it is being canceled', () => {
  const parts = { chunks: [{ phase: 'held' as const, batches: 0 }], segments: [] };
  expect(withParts(progress, parts).state).toBe('held');
  expect(withParts({ ...progress, state: 'canceling' }, parts).state).toBe('canceling');
});

test('a held job counts its held chunks, and shows their reason first', () => {
  const chunks = [
    { phase: 'searching' as const, batches: 0, reason: LOST },
    { phase: 'held' as const, batches: 0, reason: { code: 'noBatchListed' as const } },
  ];
  expect(
    withParts({ ...progress, chunks: { planned: 10, running: 2, done: 1 } }, { chunks, segments: [] }),
  ).toMatchObject({
    state: 'held',
    waiting: expect.stringContaining('the list shows no batch that may be it'),
    chunks: { planned: 10, running: 2, done: 1, held: 1 },
  });
});

test('its segments add their counts', () => {
  const segment = { ...progress, rounds: 3 };
  expect(withParts(progress, { chunks: [], segments: [segment] })).toMatchObject({
    documents: 100,
    done: 20,
    succeeded: 18,
    failed: 2,
    chunks: { planned: 10, running: 2, done: 2 },
    batches: 2,
    rounds: 3,
  });
});
