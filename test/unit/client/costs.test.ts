import { describe, expect, test, vi } from 'vitest';
import { type Costs, type CostsOptions, costs } from '../../../src/client/costs/costs';
import { SpecError } from '../../../src/job-spec/validation-errors';
import { FileStore } from '../../../src/store/file/file-store';
import { tempDir } from '../../support/temp-dir';
import { BOTH_MODELS, HAIKU_ALONE, SONNET_ALONE, storeOfJobs, UNPRICED_ALONE, writeJob } from './costed-jobs';

/** The reported values of groups, without their tokens. */
const told = ({ groups }: Costs) =>
  groups.map(({ name, jobs, cost: { requests, paid, unpriced = 0, unknown = 0 } }) => [
    name,
    jobs,
    requests,
    paid,
    unpriced,
    unknown,
  ]);

const ALL = {
  jobs: 4,
  cost: {
    // SONNET twice, HAIKU and UNPRICED once.
    requests: 11,
    tokens: { input: 2_307, output: 449, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 100 },
    standard: '0.012051',
    paid: '0.0060255',
    saved: '0.0060255',
    wasted: '0.000005',
    unpriced: 4,
    unknown: 7,
  },
};

describe('the costs of all jobs of a store', () => {
  test('are reported by job, the most expensive first, and in total, to the last digit', async () => {
    const found = await costs(await storeOfJobs(await tempDir()), {});
    expect(found.by).toBe('job');
    expect(found.groups).toEqual([
      { name: 'both', jobs: 1, cost: BOTH_MODELS },
      { name: 'nightly-1', jobs: 1, cost: SONNET_ALONE },
      { name: 'gone', jobs: 1, cost: expect.objectContaining({ requests: 0, paid: '0.00', unknown: 5 }) },
      { name: 'line\nend', jobs: 1, cost: UNPRICED_ALONE },
    ]);
    expect(found.total).toMatchObject(ALL);
    expect(found.unended).toBe(1);
  });

  test.each<[CostsOptions['by'], unknown[][]]>([
    [
      'model',
      [
        ['claude-sonnet-4-6', 2, 4, '0.006', 0, 0],
        ['claude-haiku-5-5', 1, 3, '0.0000255', 0, 0],
        // Unknown requests have no model.
        [null, 2, 0, '0.00', 0, 7],
        ['claude-next', 1, 4, '0.00', 4, 0],
      ],
    ],
    [
      'schedule',
      [
        [null, 3, 9, '0.0030255', 4, 7],
        ['nightly', 1, 2, '0.003', 0, 0],
      ],
    ],
    [
      'tag:team',
      [
        ['ads, "new"', 1, 5, '0.0030255', 0, 0],
        ['search', 1, 2, '0.003', 0, 0],
        [null, 2, 4, '0.00', 4, 7],
      ],
    ],
    ['tag:toString', [[null, 4, 11, '0.0060255', 4, 7]]],
  ])('by %s; the total stays', async (by, expected) => {
    const found = await costs(await storeOfJobs(await tempDir()), { by });
    expect(told(found)).toEqual(expected);
    expect(found.total).toMatchObject(ALL);
  });

  test('of several jobs with one id are one group', async () => {
    const store = new FileStore(await tempDir());
    for (const [instance, cost] of Object.entries({ one: SONNET_ALONE, two: HAIKU_ALONE })) {
      await writeJob(store, { instance, summary: { endedAt: '2026-11-05T00:00:00.000Z', cost } });
    }
    const { groups } = await costs(store, {});
    expect(groups).toEqual([{ name: 'job', jobs: 2, cost: BOTH_MODELS }]);
  });

  test('of an empty store are zero', async () => {
    const found = await costs(new FileStore(await tempDir()), {});
    expect(found).toMatchObject({
      groups: [],
      total: { jobs: 0, cost: { requests: 0, paid: '0.00' } },
      unended: 0,
    });
  });
});

describe('a period', () => {
  const names = ({ groups }: Costs) => groups.map(({ name }) => name);

  test.each<[CostsOptions, string[]]>([
    [{ since: '2026-11-05' }, ['both', 'gone', 'line\nend']],
    [{ since: '2026-11-05T00:00:00.001Z' }, ['gone', 'line\nend']],
    [{ since: new Date('2026-11-08') }, ['line\nend']],
    // `until` is exclusive.
    [{ until: '2026-11-05' }, ['nightly-1']],
    [{ until: '2026-11-05T00:00:00.001Z' }, ['both', 'nightly-1']],
    [{ since: '2026-11-02', until: '2026-11-03' }, ['nightly-1']],
    [{ since: '2026-11-05', until: '2026-11-05' }, []],
    // Not in the caller's time zone.
    [{ since: '2026-11-02T10:00', until: '2026-11-02T10:00:01' }, ['nightly-1']],
    [{ since: '2026-11-02T12:00:00+02:00', until: '2026-11-02T12:00:01+02:00' }, ['nightly-1']],
  ])('%o has %j', async (period, expected) => {
    expect(names(await costs(await storeOfJobs(await tempDir()), period))).toEqual(expected);
  });

  test('may be a duration before now', async () => {
    vi.useFakeTimers({ now: new Date('2026-11-10T00:00:00Z'), toFake: ['Date'] });
    try {
      const store = await storeOfJobs(await tempDir());
      const found = await costs(store, { since: '7d', until: '24h' });
      expect(names(found)).toEqual(['both', 'gone']);
      expect([found.since, found.until]).toEqual([new Date('2026-11-03'), new Date('2026-11-09')]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('counts jobs without a summary that began before its end', async () => {
    const store = await storeOfJobs(await tempDir());
    expect((await costs(store, { until: '2026-11-08' })).unended).toBe(0);
    expect((await costs(store, { until: '2026-11-09' })).unended).toBe(1);
  });
});

test.each<[CostsOptions, RegExp[]]>([
  [
    { since: 'yesterday' },
    [/^`since` must be a date such as 2026-11-01, .* such as 7d \(got "yesterday"\)\.$/],
  ],
  [{ since: '2026-02-30' }, [/^`since` must be .*\(got "2026-02-30"\)/]],
  [{ since: '99999999y' }, [/^`since` must be .*\(got "99999999y"\)/]],
  [{ since: new Date('x') }, [/^`since` must be .*\(got null\)/]],
  [{ until: '2026-11-01 18:00' }, [/^`until` must be .*\(got "2026-11-01 18:00"\)/]],
  [
    { until: 7 as never, by: 'week' as never },
    [/^`until` must be .*\(got 7\)/, /^`by` must be job, model.*\(got "week"\)/],
  ],
  [
    { since: '2026-11-02', until: '2026-11-01' },
    [/^`since` must not be after until, .*"2026-11-01" \(got "2026-11-02"\)/],
  ],
  [{ by: 'tag:' }, [/^`by` must be .*\(got "tag:"\)/]],
  [{ by: 'tag:two words' }, [/^`by` must be .*\(got "tag:two words"\)/]],
  [{ by: 3 as never }, [/^`by` must be .*\(got 3\)/]],
])('%o is refused, and the error names the option', async (options, messages) => {
  const error = await costs(new FileStore(await tempDir()), options).catch((e) => e);
  expect(error).toBeInstanceOf(SpecError);
  expect(error.problems.map(({ message }: { message: string }) => message)).toEqual(
    messages.map((message) => expect.stringMatching(message)),
  );
});
