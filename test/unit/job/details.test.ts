import { describe, expect, test } from 'vitest';
import { CostSum } from '../../../src/cost/cost';
import { PRICES } from '../../../src/cost/prices/price-list';
import { NO_TOKENS } from '../../../src/cost/prices/prices';
import { type ChunkState, newChunkState, nextPollOf } from '../../../src/job/chunk-state';
import { chunkDetails, clock, jobDetails } from '../../../src/job/details';
import type { JobProgress } from '../../../src/job/job';

const NOW = Date.parse('2026-11-22T18:05:30.999Z');
const TIMES = { pollFloor: 30_000, pollCeiling: 900_000 };

const progress: JobProgress = {
  job: { id: 'a job', instance: 'i', store: 's' },
  state: 'running',
  documents: 25_000,
  done: 10_000,
  succeeded: 9_990,
  failed: 10,
  chunks: { planned: 3, running: 2, done: 1 },
  batches: 2,
  rounds: 1,
  nextPoll: '2026-11-22T18:06:00.000Z',
};

const flying: ChunkState = {
  ...newChunkState(1, 10_000),
  phase: 'in progress',
  batch: 'msgbatch_01',
  since: NOW - 10_000,
};

/** The rows of cells of each table in a Markdown text. */
function tables(markdown: string): string[][][] {
  return markdown
    .split('\n\n')
    .filter((part) => part.startsWith('|'))
    .map((part) =>
      part.split('\n').map((line) => {
        expect(line).toMatch(/^\| .* \|$/);
        return line.slice(2, -2).split(' | ');
      }),
    );
}

test("a chunk's details name the batches that were presumed lost but bought", () => {
  const orphaned = ['msgbatch_02', 'msgbatch_03'];
  expect(chunkDetails({ ...flying, orphaned }, NOW, { ...TIMES, liveBelow: 0 })).toContain(
    '**Orphaned:** `msgbatch_02`, `msgbatch_03`: presumed lost but bought',
  );
  expect(chunkDetails({ ...flying, orphaned: [] }, NOW, { ...TIMES, liveBelow: 0 })).not.toContain(
    'Orphaned',
  );
});

test("a chunk's details show its cost, and what is missing from it", () => {
  const sum = new CostSum();
  const usage = { model: 'claude-sonnet-4-6', batch: true, us: false, webSearches: 0 };
  const given = { prices: PRICES, date: new Date(NOW), useful: true };
  sum.addAnswer({ ...usage, tokens: { ...NO_TOKENS, output: 1_000_000 } }, given);
  expect(chunkDetails({ ...flying, cost: sum.cost }, NOW, { ...TIMES, liveBelow: 0 })).toContain(
    '\n\n**Cost:** 7.50 USD (standard 15.00, saved 7.50)\n',
  );
  sum.addUnknown(1_000);
  expect(jobDetails({ ...progress, cost: sum.cost }, [], NOW, TIMES)).toContain(
    '**Cost:** 7.50 USD (standard 15.00, saved 7.50), without 1000 requests whose cost is unknown',
  );
});

describe("a job's details", () => {
  test('are a table of the job and one of its chunks', () => {
    expect(jobDetails(progress, [flying, newChunkState(2, 5_000)], NOW, TIMES)).toBe(
      [
        '| state | documents | done | succeeded | failed | chunks | batches | next poll (UTC) |',
        '| --- | --- | --- | --- | --- | --- | --- | --- |',
        '| **running** | 25000 | 10000 | 9990 | 10 | 1 of 3 | 2 | 18:06:00 |',
        '',
        '| chunk | state | requests | round | batch | next poll |',
        '| --- | --- | --- | --- | --- | --- |',
        '| 1 | in\u00a0progress | 10000 | 1 | `msgbatch_01` | 18:05:50 |',
        '| 2 | waiting | 5000 | 1 | – | – |',
        '',
        '\u00a0',
      ].join('\n'),
    );
  });

  test('without chunks are one table, with zeros shown as zeros', () => {
    const empty = {
      ...progress,
      documents: 0,
      done: 0,
      succeeded: 0,
      failed: 0,
      batches: 0,
      nextPoll: undefined,
    };
    const [job, ...others] = tables(jobDetails(empty, [], NOW, TIMES));
    expect(others).toEqual([]);
    expect(job![2]).toEqual(['**running**', '0', '0', '0', '0', '1 of 3', '0', '–']);
  });

  test('show 25 chunks and the number of further ones', () => {
    const chunks = Array.from({ length: 40 }, (_, chunk) => newChunkState(chunk, 1));
    const text = jobDetails(progress, chunks, NOW, TIMES);
    expect(tables(text)[1]).toHaveLength(2 + 25);
    expect(text).toContain('\n\n15 more chunks are not shown.\n');
  });

  test('show what the job waits for, between the tables', () => {
    const text = jobDetails(
      { ...progress, reason: { code: 'failed', message: 'the key | is wrong' } },
      [flying],
      NOW,
      TIMES,
    );
    expect(text).toContain('\n\n**Waiting:** the key | is wrong\n\n');
    expect(tables(text)).toHaveLength(2);
  });

  test('have rows of one width in any phase of a chunk', () => {
    const phases = [
      'waiting',
      'paused',
      'submitting',
      'searching',
      'held',
      'in progress',
      'retrieving',
      'backing off',
      'canceling',
    ] as const;
    const chunks = phases.map((phase, chunk) => ({ ...flying, chunk, phase }));
    for (const table of tables(jobDetails(progress, chunks, NOW, TIMES))) {
      expect(new Set(table.map((cells) => cells.length)).size).toBe(1);
    }
  });
});

describe("a chunk's details", () => {
  test('are its row, and what it waits for', () => {
    expect(
      chunkDetails({ ...flying, reason: { code: 'answerLost', round: 0, watching: [] } }, NOW, {
        ...TIMES,
        liveBelow: 0,
      }),
    ).toBe(
      [
        '| chunk | state | requests | round | batch | next poll (UTC) |',
        '| --- | --- | --- | --- | --- | --- |',
        '| 1 | **in progress** | 10000 | 1 | `msgbatch_01` | 18:05:50 |',
        '',
        '**Waiting:** the answer to round 1 was lost; searching for its batch',
        '',
        '\u00a0',
      ].join('\n'),
    );
  });

  test('name a next poll only while a batch is in flight', () => {
    expect(nextPollOf(flying, NOW, TIMES)).toBe(NOW + 20_000);
    expect(nextPollOf({ ...flying, phase: 'retrieving' }, NOW, TIMES)).toBeUndefined();
    expect(nextPollOf({ ...flying, since: undefined }, NOW, TIMES)).toBeUndefined();
  });
});

test('times are shown in UTC, to the second', () => {
  expect(clock(NOW)).toBe('18:05:30');
});
