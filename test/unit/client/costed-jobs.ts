import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cost, type Spent, unknownCost } from '../../../src/cost/cost';
import { NO_TOKENS } from '../../../src/cost/prices/prices';
import type { JobSummary } from '../../../src/job/job';
import { normalizeSpec } from '../../../src/job-spec/normalize';
import { keys } from '../../../src/records/keys';
import { FileStore } from '../../../src/store/file/file-store';
import { putJson } from '../../../src/store/json';
import { TEMPLATE } from '../../support/template';

interface Job {
  id?: string;
  instance?: string;
  tags?: Record<string, string>;
  schedule?: string;
  /** Unset if it has no summary. */
  summary?: Partial<JobSummary>;
  /** The time when its files were written. */
  written?: string;
}

/** Writes the files of a job from which its cost is read. */
export async function writeJob(store: FileStore, given: Job): Promise<void> {
  const { id = 'job', instance = 'first', tags, schedule, summary, written } = given;
  const job = { id, instance };
  const spec = normalizeSpec(
    { template: TEMPLATE, ...(tags ? { tags } : {}) },
    { id, source: { kind: 'input', format: 'jsonl' } },
  );
  await putJson(store, keys.spec(job), { ...spec, ...(schedule ? { schedule } : {}) });
  if (summary) await putJson(store, keys.summary(job), summary);
  if (!written) return;
  for (const key of [keys.spec(job), ...(summary ? [keys.summary(job)] : [])]) {
    await utimes(join(store.location, key), new Date(written), new Date(written));
  }
}

const NOTHING = { requests: 0, standard: '0.00', paid: '0.00', saved: '0.00', wasted: '0.00' };

/**
 * 1,000 input tokens at 3 USD a million and 200 output tokens at 15: 3,000 and 3,000 millionths, and half of
 * that in a batch.
 */
const SONNET: Spent = {
  requests: 2,
  tokens: { ...NO_TOKENS, input: 1_000, output: 200 },
  standard: '0.006',
  paid: '0.003',
  saved: '0.003',
  wasted: '0.00',
};

/**
 * 300 input tokens at 0.10, 40 output tokens at 0.50 and 100 cache reads at 0.01: 30, 20 and 1 millionths. 20
 * output tokens are wasted.
 */
const HAIKU: Spent = {
  requests: 3,
  tokens: { ...NO_TOKENS, input: 300, output: 40, cacheRead: 100 },
  standard: '0.000051',
  paid: '0.0000255',
  saved: '0.0000255',
  wasted: '0.000005',
};

const UNPRICED: Spent = {
  ...NOTHING,
  requests: 4,
  tokens: { ...NO_TOKENS, input: 7, output: 9 },
  unpriced: 4,
};

/** SONNET and HAIKU together. */
const BOTH: Spent = {
  requests: 5,
  tokens: { ...NO_TOKENS, input: 1_300, output: 240, cacheRead: 100 },
  standard: '0.006051',
  paid: '0.0030255',
  saved: '0.0030255',
  wasted: '0.000005',
};

export const SONNET_ALONE: Cost = { ...SONNET, models: { 'claude-sonnet-4-6': SONNET } };
export const HAIKU_ALONE: Cost = { ...HAIKU, models: { 'claude-haiku-5-5': HAIKU } };
export const BOTH_MODELS: Cost = {
  ...BOTH,
  models: { 'claude-haiku-5-5': HAIKU, 'claude-sonnet-4-6': SONNET },
};
export const UNPRICED_ALONE: Cost = { ...UNPRICED, models: { 'claude-next': UNPRICED }, unknown: 2 };

const counts = { succeeded: 5, errored: 1, expired: 0, canceled: 0, not_sent: 0 };

/** Jobs of two teams, of a schedule and of neither, one whose results are gone, and one that is running. */
export async function storeOfJobs(dir: string): Promise<FileStore> {
  const store = new FileStore(dir);
  const ended = (endedAt: string, cost: Cost) => ({ summary: { endedAt, counts, cost } });
  const nightly = { id: 'nightly-1', schedule: 'nightly', tags: { team: 'search' } };
  await writeJob(store, { ...nightly, ...ended('2026-11-02T10:00:00.000Z', SONNET_ALONE) });
  await writeJob(store, {
    id: 'both',
    tags: { team: 'ads, "new"' },
    ...ended('2026-11-05T00:00:00.000Z', BOTH_MODELS),
  });
  await writeJob(store, { id: 'line\nend', ...ended('2026-11-09T23:59:59.999Z', UNPRICED_ALONE) });
  await writeJob(store, { id: 'gone', ...ended('2026-11-07T00:00:00.000Z', unknownCost(5)) });
  await writeJob(store, { id: 'runs', tags: { team: 'search' }, written: '2026-11-08T00:00:00Z' });
  return store;
}
