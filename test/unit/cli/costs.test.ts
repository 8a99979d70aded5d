import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { run } from '../../../src/cli/program';
import { FileStore } from '../../../src/store/file/file-store';
import { tempDir } from '../../support/temp-dir';
import { BOTH_MODELS, SONNET_ALONE, storeOfJobs, writeJob } from '../client/costed-jobs';

let dir: string;

beforeEach(async () => {
  dir = await tempDir();
  // No server listens there, so only the store is read.
  vi.stubEnv('TEMPORAL_ADDRESS', '127.0.0.1:1');
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

async function costs(...args: string[]) {
  const said: string[] = [];
  const printed: string[] = [];
  const collect = (into: string[]) => (data: string | Uint8Array) => into.push(String(data)) > 0;
  vi.spyOn(process.stderr, 'write').mockImplementation(collect(said));
  vi.spyOn(process.stdout, 'write').mockImplementation(collect(printed));
  const code = await run(['costs', '--store', dir, ...args]);
  return { code, out: printed.join(''), err: said.join('') };
}

describe('costs', () => {
  test('prints a table, and says what the amounts do not include', async () => {
    await storeOfJobs(dir);
    const { code, out, err } = await costs('--by', 'tag:team');
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      [
        'tag:team',
        'jobs',
        'requests',
        'input tokens',
        'output tokens',
        'standard USD',
        'paid USD',
        'saved USD',
        'wasted USD',
        'unpriced',
        'unknown',
      ],
      ['ads, "new"', '1', '5', '1,400', '240', '0.0061', '0.0030', '0.0030', '0.0000050'],
      ['search', '1', '2', '1,000', '200', '0.0060', '0.0030', '0.0030', '0.00'],
      ['–', '2', '4', '7', '9', '0.00', '0.00', '0.00', '0.00', '4', '7'],
      ['total', '4', '11', '2,407', '449', '0.01', '0.0060', '0.0060', '0.0000050', '4', '7'],
      [''],
    ]);
    expect(err).toContain(
      'These costs are without 4 requests of claude-next, which has no price; 7 requests whose cost is unknown.',
    );
    expect(err).toContain('1 job of the store not counted: without a summary');
  });

  test('prints no note if nothing is missing', async () => {
    await writeJob(new FileStore(dir), {
      summary: { endedAt: '2026-11-05T00:00:00.000Z', cost: BOTH_MODELS },
    });
    const { out, err } = await costs('--since', '2026-11-05', '--until', '2026-11-06');
    expect([out, err]).toEqual([expect.stringMatching(/\njob +1 +5 /), '']);
  });

  test('with --json prints one object with exact amounts, without notes', async () => {
    await storeOfJobs(dir);
    const { code, out, err } = await costs(
      '--json',
      '--by',
      'schedule',
      '--since',
      '2026-11-02',
      '--until',
      '2026-11-08T00:00:00Z',
    );
    expect([code, err, out.endsWith('}\n')]).toEqual([0, '', true]);
    expect(JSON.parse(out)).toEqual({
      by: 'schedule',
      since: '2026-11-02T00:00:00.000Z',
      until: '2026-11-08T00:00:00.000Z',
      groups: [
        { name: null, jobs: 2, cost: { ...BOTH_MODELS, unknown: 5 } },
        { name: 'nightly', jobs: 1, cost: SONNET_ALONE },
      ],
      total: expect.objectContaining({
        jobs: 3,
        cost: expect.objectContaining({ paid: '0.0060255', unknown: 5 }),
      }),
      unended: 0,
      damaged: [],
    });
  });

  test('with --csv prints a header and a line for each group, with any characters in names', async () => {
    await storeOfJobs(dir);
    const head =
      'jobs,requests,input,output,cacheWrite5m,cacheWrite1h,cacheRead,webSearches,standard,paid,saved,wasted,unpriced,unknown';
    const byTag = await costs('--csv', '--by', 'tag:team');
    expect(byTag.code).toBe(0);
    expect(byTag.out).toBe(
      `tag:team,${head}
"ads, ""new""",1,5,1300,240,0,0,100,0,0.006051,0.0030255,0.0030255,0.000005,0,0
search,1,2,1000,200,0,0,0,0,0.006,0.003,0.003,0.00,0,0
,2,4,7,9,0,0,0,0,0.00,0.00,0.00,0.00,4,7
`,
    );
    expect(byTag.err).toContain('without 4 requests of claude-next');
    const byJob = await costs('--csv');
    const rows: Record<string, string>[] = parse(byJob.out, { columns: true });
    expect(rows.map(({ job, unknown }) => [job, unknown])).toEqual([
      ['both', '0'],
      ['nightly-1', '0'],
      ['gone', '5'],
      ['line\nend', '2'],
    ]);
  });

  test.each([
    [['--since', 'yesterday'], /^Error: `--since` must be a date such as 2026-11-01.*\(got "yesterday"\)/],
    [['--until', ''], /^Error: `--until` must be .*\(got ""\)/],
    [['--by', 'week'], /^Error: `--by` must be job, model, schedule, or tag:NAME .*\(got "week"\)/],
    [['--json', '--csv'], /^Error: Give --json or --csv, not both\./],
    [['--per', 'job'], /unknown option '--per'/],
  ])('%j exits with 2, and names the mistake', async (args, message) => {
    const { code, out, err } = await costs(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });
});
