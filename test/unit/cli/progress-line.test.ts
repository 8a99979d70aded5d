import { describe, expect, it } from 'vitest';
import { progressBar, progressLine, until } from '../../../src/cli/output/progress-line';
import type { JobProgress } from '../../../src/job/job';

const running: JobProgress = {
  job: { id: 'j', instance: 'i', store: 's' },
  state: 'running',
  documents: 25_000,
  done: 10_000,
  succeeded: 9_990,
  failed: 10,
  chunks: { planned: 3, running: 2, done: 1 },
  batches: 3,
  rounds: 1,
  nextPoll: '2026-11-22T12:00:12Z',
};
const noon = Date.parse('2026-11-22T12:00:00Z');

describe('the progress line', () => {
  it('shows finished, failed and running documents', () => {
    expect(progressLine(running)).toBe(
      'running · 10,000 of 25,000 documents done · 10 failed · 1 of 3 chunks done, 2 running · 3 batches',
    );
  });

  it('counts planned documents during planning', () => {
    expect(progressLine({ ...running, state: 'planning', documents: 1 })).toBe(
      'planning · 1 document planned',
    );
  });

  it('shows the reason of an unusual wait', () => {
    expect(progressLine({ ...running, waiting: 'the key is refused' })).toMatch(/ · the key is refused$/);
  });

  it('counts workflows that are stuck', () => {
    const stuck = {
      workflow: 'j/chunk-1',
      run: 'r',
      reason: 'replay' as const,
      failures: 3,
      since: '2026-11-22T11:00:00Z',
      message: 'refused',
    };
    expect(progressLine({ ...running, stuck: [stuck] })).toMatch(/ · 3 batches · 1 workflow stuck$/);
  });

  it('does not change with time alone', () => {
    expect(progressLine({ ...running, nextPoll: '2030-01-01T00:00:00Z' })).toBe(progressLine(running));
  });
});

describe('the progress bar', () => {
  it('shows the finished share and the next poll', () => {
    const bar = progressBar(running, noon, 200);
    expect(bar).toMatch(/^█{9}░{15} {2}40 % {2}running/);
    expect(bar).toMatch(/next poll in 12s$/);
  });

  it('never wraps', () => {
    for (const columns of [20, 40, 80])
      expect(progressBar(running, noon, columns).length).toBeLessThan(columns);
  });

  it('is full at the end and empty for an empty set', () => {
    expect(progressBar({ ...running, done: 25_000 }, noon, 200)).toMatch(/^█{24} 100 %/);
    expect(progressBar({ ...running, documents: 0, done: 0 }, noon, 200)).toMatch(/^░{24} {3}0 %/);
  });
});

it.each([
  ['2026-11-22T12:00:01.400Z', '1s'],
  ['2026-11-22T11:00:00Z', '0s'],
  ['2026-11-22T12:01:59Z', '119s'],
  ['2026-11-22T12:15:00Z', '15m'],
  ['2026-11-23T12:00:00Z', '24h'],
])('until %s is %s', (time, expected) => {
  expect(until(time, noon)).toBe(expected);
});
