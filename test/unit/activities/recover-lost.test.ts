import { describe, expect, test } from 'vitest';
import type { ActivityDeps } from '../../../activities/runtime/deps';
import type { PlanPage } from '../../../src/job/activity-types';
import type { JobSummary } from '../../../src/job/job';
import type { Failed } from '../../../src/job/reason';
import { normalizeSpec } from '../../../src/job-spec/normalize';
import { keys } from '../../../src/records/keys';
import { recordOrphan } from '../../../src/records/orphans';
import { writeSpec } from '../../../src/records/stored-spec';
import type { HttpFault } from '../../../src/simulator/index';
import { StoreError } from '../../../src/store/store';
import { jobSummary } from '../../support/chunks';
import { storeWith } from '../../support/store-with';
import { environment, failed, Stage } from './support';

const RESULTS = { endpoint: 'results', times: null } as const;
const reason: Failed = { code: 'failed', type: 'anthropic.BatchGone', message: 'They never came.' };

/** An ended job of three documents, whose answers came from an API with a fault. */
async function ended(fault: HttpFault) {
  const stage = await Stage.of({ simulator: { duration: 0, faults: { http: [fault] } } });
  const sent = await stage.submit();
  if (sent.kind !== 'bought') throw new Error(`It is ${sent.kind}.`);
  const { batch } = sent;
  const { anthropicWriteOff, anthropicRetrieve, anthropicFinishJob } = stage.worker();
  const round = { ...stage.round(), batch };
  const isOdd = fault.kind === 'odd-row' && fault.row !== 'missing' && fault.row !== 'damaged';
  if (isOdd) await stage.retrieve(batch, { retry: false });
  else {
    await failed(() => stage.retrieve(batch));
    await environment().run(anthropicWriteOff, { ...round, reason, resend: false, incomplete: true });
  }
  const kept = [...stage.store.entries.keys()].some((key) => key.includes('/downloads/'));
  if (kept && !isOdd)
    await environment().run(anthropicRetrieve, { ...round, retry: false, unpaid: false, writtenOff: true });
  const failure = 'The results are gone.';
  await stage.finish({ canceled: false, ...(kept ? {} : { failure }) });
  const end = { job: stage.job, state: 'completed' as const, chunks: 1, documents: 3 };
  const summary: JobSummary = await environment().run(anthropicFinishJob, end);
  return { stage, batch, summary };
}

/** Collects what the job lost, and plans a retry of it. */
async function retry(stage: Stage, deps: Partial<ActivityDeps> = {}): Promise<PlanPage> {
  const { job, store } = stage;
  const again = { ...job, id: 'again' };
  const source = { kind: 'retry', of: { id: job.id, instance: job.instance }, chunks: 1 } as const;
  if (!store.entries.has(keys.spec(again))) {
    await writeSpec(store, again, normalizeSpec({}, { id: again.id, source }));
  }
  const { anthropicRecoverLost, anthropicPlan } = stage.worker(deps);
  await environment().run(anthropicRecoverLost, { job: again });
  return environment().run(anthropicPlan, { job: again });
}

const summaryOf = ({ store, job }: Stage): JobSummary => jobSummary(store, job);

test.each<[string, HttpFault, number]>([
  ['a row is missing', { kind: 'odd-row', row: 'missing', ...RESULTS }, 1],
  ['a row cannot be understood', { kind: 'odd-row', row: 'unknown-type', ...RESULTS }, 1],
  ['a gateway sent its own page', { kind: 'json-page', ...RESULTS }, 3],
])('the summary reports the lost answers and the cost of retrying them: %s', async (_, fault, lost) => {
  const { stage, summary } = await ended(fault);
  const usd = expect.stringMatching(/^0\.0\d+$/);
  expect(summary).toMatchObject({ succeeded: 3 - lost, failed: lost, lost, retryUsd: usd });
  expect(summary.cost).toMatchObject({ requests: 3 - lost, unknown: lost });
  // The worst case covers what the API bills for this many requests.
  const { batches } = await stage.simulator.books();
  expect(batches[0]!.counts.succeeded).toBe(3);
});

test.each<[string, HttpFault, number]>([
  ['a row is missing', { kind: 'odd-row', row: 'missing', ...RESULTS }, 1],
  ['a row was damaged', { kind: 'odd-row', row: 'damaged', ...RESULTS }, 1],
  ['a success had no answer', { kind: 'odd-row', row: 'no-answer', ...RESULTS }, 1],
  ['a row could not be understood', { kind: 'odd-row', row: 'unknown-type', ...RESULTS }, 1],
  ['a gateway sent its own page', { kind: 'json-page', ...RESULTS }, 3],
])('a retry collects bought answers before it buys anything again: %s', async (_, fault, lost) => {
  const { stage, summary: before } = await ended(fault);
  expect(before.lost).toBe(lost);
  stage.simulator.faults.clear();
  expect(await retry(stage)).toEqual({ chunks: [] });
  const summary = summaryOf(stage);
  expect(summary).toMatchObject({ state: 'completed', succeeded: 3, failed: 0, cost: { requests: 3 } });
  expect([summary.lost, summary.retryUsd, summary.odd]).toEqual([undefined, undefined, undefined]);
  expect(stage.simulator.calls().create).toBe(1);
});

/** An ended job without an answer. It left an orphan alone, because its results could not be read. */
async function leftAlone(): Promise<Stage> {
  const stage = await Stage.of({ simulator: { duration: 0 } });
  const intent = await stage.committed();
  await stage.ledger().close(0, { outcome: 'presumed-lost' });
  const late = await stage.boughtBy(intent);
  await recordOrphan(stage.store, stage.round(), 0, { id: late.id, createdAt: new Date() });
  stage.simulator.faults.set({ http: [{ kind: 'status', status: 503, ...RESULTS }] });
  expect(await stage.collect()).toMatchObject({ orphaned: [late.id], unread: [late.id] });
  await stage.finish({ canceled: true });
  const end = { job: stage.job, state: 'canceled' as const, chunks: 1, documents: 3 };
  await environment().run(stage.worker().anthropicFinishJob, end);
  expect(summaryOf(stage)).toMatchObject({ succeeded: 0, failed: 3, orphaned: [late.id] });
  return stage;
}

describe('a retry collects the answers of an orphan that its job left alone', () => {
  test('once they can be read', async () => {
    const stage = await leftAlone();
    expect(await failed(() => retry(stage))).toMatchObject({ nonRetryable: false });
    stage.simulator.faults.clear();
    expect(await retry(stage)).toEqual({ chunks: [] });
    expect(summaryOf(stage)).toMatchObject({ succeeded: 3, failed: 0, cost: { requests: 3 } });
  });

  test('also if it dies between the download and the join', async () => {
    const stage = await leftAlone();
    stage.simulator.faults.clear();
    const dying = storeWith(stage.store, {
      put: async (key, ...rest) => {
        if (/\/chunks\/\d+\/summary/.test(key)) throw new StoreError('It died.', key);
        return stage.store.put(key, ...rest);
      },
    });
    await failed(() => retry(stage, { store: dying }));
    expect(await retry(stage)).toEqual({ chunks: [] });
    expect(summaryOf(stage)).toMatchObject({ succeeded: 3, failed: 0 });
  });

  test('as far as they are complete', async () => {
    const stage = await leftAlone();
    stage.simulator.faults.set({ http: [{ kind: 'odd-row', row: 'missing', ...RESULTS }] });
    expect(await retry(stage)).toEqual({ chunks: [{ documents: 1, requests: 1 }] });
    expect(summaryOf(stage)).toMatchObject({ succeeded: 2, failed: 1 });
  });
});

test('a retry resends only the requests whose answers are still missing', async () => {
  const { stage } = await ended({ kind: 'odd-row', row: 'missing', ...RESULTS });
  expect(await retry(stage)).toEqual({ chunks: [{ documents: 1, requests: 1 }] });
  expect(summaryOf(stage)).toMatchObject({ succeeded: 2, lost: 1, odd: { missing: 1 } });
});

test('a retry resends requests whose answers the API no longer has', async () => {
  const { stage, batch } = await ended({ kind: 'odd-row', row: 'missing', ...RESULTS });
  await stage.client().messages.batches.delete(batch);
  expect(await retry(stage)).toEqual({ chunks: [{ documents: 1, requests: 1 }] });
  expect(summaryOf(stage)).toMatchObject({ succeeded: 2, lost: 1 });
});

test('a plan that is begun again has the same documents, although an answer can be had meanwhile', async () => {
  const { stage } = await ended({ kind: 'odd-row', row: 'missing', ...RESULTS });
  const requests = keys.requests({ ...stage.job, id: 'again' }, 0);
  const full = storeWith(stage.store, {
    put: async (key, ...rest) => {
      if (key === requests) throw new StoreError('The disk is full.', key);
      return stage.store.put(key, ...rest);
    },
  });
  await failed(() => retry(stage, { store: full }));
  stage.simulator.faults.clear();
  expect(await retry(stage)).toEqual({ chunks: [{ documents: 1, requests: 1 }] });
});

test('a retry waits for an API that cannot say whether it has the answers', async () => {
  const { stage } = await ended({ kind: 'odd-row', row: 'missing', ...RESULTS });
  const missing: HttpFault = { kind: 'odd-row', row: 'missing', ...RESULTS };
  stage.simulator.faults.set({ http: [missing, { kind: 'status', endpoint: 'retrieve', status: 500 }] });
  expect(await failed(() => retry(stage))).toMatchObject({
    type: 'anthropic.Unavailable',
    nonRetryable: false,
  });
  expect(await retry(stage)).toMatchObject({ chunks: [{ requests: 1 }] });
});

test('a retry ends the earlier job again if a process died before it could', async () => {
  const { stage } = await ended({ kind: 'json-page', ...RESULTS });
  stage.simulator.faults.clear();
  const dead = storeWith(stage.store, {
    put: async (key, ...rest) => {
      if (key === keys.summary(stage.job, 1)) throw new StoreError('The process died.', key);
      return stage.store.put(key, ...rest);
    },
  });
  await failed(() => retry(stage, { store: dead }));
  expect(await retry(stage)).toEqual({ chunks: [] });
  const summary = summaryOf(stage);
  expect([summary.succeeded, summary.lost]).toEqual([3, undefined]);
});
