import { describe, expect, test } from 'vitest';
import { wrongInput } from '../../../src/job/check-inputs';
import { newChunkState, readChunkState } from '../../../src/job/chunk-state';
import { jobDetails } from '../../../src/job/details';
import { noTotals, readSegmentNews } from '../../../src/job/segments';
import { SetState } from '../../../workflows/pool/set-state';
import fc from '../../support/fc';
import { REASONS } from '../../support/reasons';

const SETTINGS = {
  maxBatchesInFlight: 10,
  maxRequestsInFlight: 100,
  pollFloor: 30_000,
  pollCeiling: 900_000,
  maxRounds: 3,
};

/** Any value, or a good message with one field replaced by any value. */
const nearly = (good: object) =>
  fc.oneof(
    fc.anything(),
    fc
      .tuple(fc.constantFrom(...Object.keys(good)), fc.anything())
      .map(([field, value]) => ({ ...good, [field]: value })),
    fc
      .tuple(fc.constantFrom(...Object.keys(good)), fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double()))
      .map(([field, value]) => ({ ...good, [field]: value })),
  );

const CHUNK = {
  ...newChunkState(0, 1),
  phase: 'in progress',
  batch: 'msgbatch_1',
  since: 1,
  reason: REASONS[0],
};

describe('the job shows its details after any signal', () => {
  const shown = (set: SetState) =>
    jobDetails(set.shown(Date.now(), SETTINGS as never), [...set.running.values()], Date.now(), SETTINGS);

  const reason = fc.oneof(...REASONS.map(nearly));
  const state = fc.oneof(
    nearly(CHUNK),
    fc.record({ chunk: fc.constant(CHUNK), reason }).map(({ chunk, reason }) => ({ ...chunk, reason })),
  );

  test('of a chunk', () => {
    fc.assert(
      fc.property(state, (value) => {
        const set = new SetState({ id: 'job', instance: 'i', store: 's' });
        set.running.set(0, newChunkState(0, 1));
        const before = set.progress();
        const news = readChunkState(value);
        if (news) set.took(news);
        expect(shown(set)).toContain('**planning**');
        expect(set.progress()).toEqual(before);
      }),
      { numRuns: 3_000 },
    );
  });

  test('of a segment', () => {
    const totals = nearly(noTotals());
    const news = fc.oneof(
      nearly({ segment: 0, totals: noTotals() }),
      fc.record({ segment: fc.nat(), totals }),
    );
    fc.assert(
      fc.property(news, (value) => {
        const set = new SetState({ id: 'job', instance: 'i', store: 's' });
        const before = set.progress();
        const read = readSegmentNews(value);
        if (read) set.tookNews(read);
        expect(shown(set)).toContain('**planning**');
        expect(set.progress()).toEqual(before);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('a workflow reports what is wrong with any input', () => {
  const job = { id: 'a', instance: 'i', store: 's' };
  const times = { heartbeat: 1, gate: 1, margin: 1, stall: 1, existence: 1, lag: 1, drain: 1, grace: null };
  const plan = { documents: 1, requests: 1 };
  const chunk = { job, chunk: 0, plan, settings: SETTINGS, times, searchAttributes: false };
  const slots = { batches: 1, requests: 1 };
  const good = {
    anthropicDocumentSet: { job, searchAttributes: false, waitForWorker: 1 },
    anthropicMessageBatch: chunk,
    anthropicSegment: { ...chunk, segment: 0, first: 0, plans: [plan], slots },
    anthropicReconcileJob: { job, cancel: false },
    anthropicDeleteJob: job,
    anthropicCallWebhook: { job, webhook: 'ops', summary: {} },
  };
  const types = Object.keys(good) as (keyof typeof good)[];

  test.each(types)('%s accepts its own input', (type) => {
    expect(wrongInput(type, good[type])).toBeUndefined();
  });

  test.each(types)('%s', (type) => {
    fc.assert(
      fc.property(nearly(good[type]), (value) => {
        const wrong = wrongInput(type, value);
        expect(wrong === undefined || wrong.startsWith('input')).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    [null, 'input must be an object'],
    [{}, 'input.job must be an object'],
    [{ job: { id: 'a' } }, 'input.job.instance must be a string'],
    [{ job, chunk: '0' }, 'input.chunk must be a whole number'],
    [{ ...chunk, plan: { documents: 1, requests: -1 } }, 'input.plan.requests must be a whole number'],
  ])('names the first wrong field: %j', (value, wrong) => {
    expect(wrongInput('anthropicMessageBatch', value)).toBe(wrong);
  });
});
