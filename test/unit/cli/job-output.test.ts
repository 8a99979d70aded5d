import { expect, test } from 'vitest';
import { emptyReport, jobReport, progressText, reportText } from '../../../src/cli/output/job-output';
import { endedProgress } from '../../../src/client/read/progress';
import { unknownCost } from '../../../src/cost/cost';
import type { JobSummary } from '../../../src/job/job';
import { noCounts } from '../../../src/job/outcome';

const summary: JobSummary = {
  job: { id: 'a', instance: 'i', store: 's' },
  state: 'completed',
  documents: 9,
  succeeded: 0,
  failed: 9,
  counts: noCounts(),
  chunks: 1,
  batches: 1,
  rounds: 1,
  cost: unknownCost(9),
  endedAt: new Date(0).toISOString(),
  results: 'jobs/a/i/results/',
  failures: [],
};

const texts = (ended: JobSummary) => [
  reportText(jobReport(ended, '/store')),
  progressText(endedProgress(ended), 0, { summary: ended }),
];

test('failures are shown with their counts by type and message', () => {
  const errors = [
    { type: 'invalid_request_error', message: 'max_tokens:\n9 is too large', documents: 6 },
    ...Array.from({ length: 11 }, (_, n) => ({
      type: 'api_error',
      message: 'x'.repeat(n + 1),
      documents: 1,
    })),
  ];
  for (const text of texts({ ...summary, errors })) {
    expect(text).toMatch(/^errors +6 × invalid_request_error: max_tokens: 9 is too large$/m);
    expect(text).toMatch(/^ +1 × api_error: x$/m);
    expect(text).toMatch(/^ +2 × other errors$/m);
  }
  expect(jobReport({ ...summary, errors }, '/store').errors).toEqual(errors);
});

test('an empty input is named', () => {
  const empty = { ...summary, documents: 0, failed: 0 };
  for (const text of texts(empty)) expect(text).toMatch(/^documents +0: the input has no documents/m);
  for (const text of texts(summary)) expect(text).not.toContain('has no documents');
});

test('a job that was refused for its budget says that nothing was sent, and names no results', () => {
  const refused: JobSummary = {
    ...summary,
    state: 'failed',
    failed: 0,
    chunks: 0,
    batches: 0,
    rounds: 0,
    results: undefined,
    failure: 'The job is over its budget.',
  };
  for (const text of texts(refused)) {
    expect(text).toMatch(/^documents +9: nothing was sent$/m);
    expect(text).not.toMatch(/^results/m);
  }
  expect(endedProgress(refused)).toMatchObject({ documents: 9, done: 0 });
  expect(jobReport(refused, '/store').results).toBeNull();
});

test('without a summary, a report shows no figures', () => {
  expect(reportText(emptyReport('a', 'failed'))).toBe('job    a\nstate  failed\n');
});

test('a canceled job shows as canceled, without a failure', () => {
  for (const text of texts({ ...summary, state: 'canceled' })) {
    expect(text).toMatch(/^state +canceled$/m);
    expect(text).not.toMatch(/^failure/m);
  }
});

test('the oldest batches in flight are shown with their ages', () => {
  const HOUR = 3_600_000;
  const inFlight = Array.from({ length: 7 }, (_, chunk) => ({
    batch: `msgbatch_${chunk}`,
    chunk,
    round: 0,
    requests: 10_000,
    since: new Date(chunk * 60_000).toISOString(),
  }));
  const text = progressText({ ...endedProgress(summary), state: 'running', inFlight }, 5 * HOUR);
  expect(text).toMatch(/^in flight +msgbatch_0: round 1 of chunk 0, 10,000 requests, for 5h$/m);
  expect(text).toMatch(/^ +msgbatch_4: .*\n +and 2 more batches$/m);
});
