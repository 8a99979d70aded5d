import { describe, expect, test } from 'vitest';
import { parseUsd } from '../../../src/cost/prices/usd';
import type { ChunkSummary, JobSummary } from '../../../src/job/job';
import { AccountBook } from '../../../src/records/account';
import { keys } from '../../../src/records/keys';
import { newDraft } from '../../../src/records/planned-chunk';
import { chunkSummary, jobSummary, resultsText } from '../../support/chunks';
import { deferred } from '../../support/deferred';
import { storeWith } from '../../support/store-with';
import { TEMPLATE } from '../../support/template';
import { jsonl, Planning } from '../plan/planning';
import { PlannedJob } from './planned-job';
import { environment, failed, Stage } from './support';

/** A process that freezes at its first write, or removal, of a matching key, and wakes when told. */
function frozen<T>(
  stage: Pick<Stage, 'store'>,
  stop: RegExp,
  run: (store: Stage['store']) => Promise<T>,
  operation: 'put' | 'delete' = 'put',
) {
  const froze = deferred();
  const woken = deferred();
  const pass = async (key: string, name: typeof operation) => {
    if (name !== operation || !stop.test(key)) return;
    froze.resolve();
    await woken.promise;
  };
  const store = storeWith(stage.store, {
    put: async (key, ...rest) => {
      await pass(key, 'put');
      return stage.store.put(key, ...rest);
    },
    delete: async (key) => {
      await pass(key, 'delete');
      return stage.store.delete(key);
    },
  });
  const outcome = run(store);
  return {
    froze: froze.promise,
    wake: () => {
      woken.resolve();
      return outcome;
    },
  };
}

const quick = { simulator: { duration: 0 } };

async function bought(stage: Stage): Promise<string> {
  const sent = await stage.submit();
  if (sent.kind !== 'bought') throw new Error(`It is ${sent.kind}.`);
  return sent.batch;
}

const end = (stage: Stage) => ({ job: stage.job, state: 'completed' as const, chunks: 1, documents: 3 });

const finishJob = (stage: Stage, store = stage.store): Promise<JobSummary> =>
  environment().run(stage.worker({ store }).anthropicFinishJob, end(stage));

const statuses = (stage: Stage): string[] =>
  resultsText(stage.store, stage.job, 0)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).status);

describe('a process that was presumed dead, froze while it joined a chunk, and wakes', () => {
  test.each([
    ['before its results were written', /\/results\/000000.*\.jsonl$/],
    ['between its results and their summary', /\/chunks\/000000\/summary\.json$/],
  ])('%s changes nothing that was joined since', async (_, stop) => {
    const stage = await Stage.of(quick);
    const batch = await bought(stage);
    // It finds no results of the round yet.
    const old = frozen(stage, stop, (store) => stage.finish({ canceled: true }, { store }));
    await old.froze;

    await stage.retrieve(batch, { retry: false });
    const newer = await stage.finish();
    expect(newer.counts.succeeded).toBe(3);
    expect(await failed(old.wake)).toMatchObject({ type: 'anthropic.Store', nonRetryable: false });

    expect(statuses(stage)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(chunkSummary(stage.store, stage.job, 0)).toMatchObject({ counts: newer.counts });
    await finishJob(stage);
    const files = [...stage.store.entries.keys()].filter((key) => key.includes('/results/'));
    expect(files).toEqual([chunkSummary(stage.store, stage.job, 0).results]);
  });

  test('does not undo a later judgment of the downloads', async () => {
    const missing = { kind: 'odd-row', row: 'missing', endpoint: 'results', times: null } as const;
    const stage = await Stage.of({ simulator: { duration: 0, faults: { http: [missing] } } });
    const batch = await bought(stage);
    await failed(() => stage.retrieve(batch));
    const writtenOff = { ...stage.round(), batch, retry: false, unpaid: false, writtenOff: true };
    const old = frozen(stage, /\/rounds\/00\/results\.json$/, (store) =>
      environment().run(stage.worker({ store }).anthropicRetrieve, writtenOff),
    );
    await old.froze;

    stage.simulator.faults.clear();
    expect(await stage.retrieve(batch)).toMatchObject({ rows: 3 });
    expect(await failed(old.wake)).toMatchObject({ type: 'anthropic.Store', nonRetryable: false });
    expect((await stage.finish()).counts).toMatchObject({ succeeded: 3 });
  });
});

test('a process that removes a repeated download after it was counted takes no answer away', async () => {
  const missing = { kind: 'odd-row', row: 'missing', endpoint: 'results', times: null } as const;
  const stage = await Stage.of({ simulator: { duration: 0, faults: { http: [missing] } } });
  const batch = await bought(stage);
  await failed(() => stage.retrieve(batch));
  const retrieve = (store: Stage['store']) => stage.retrieve(batch, {}, { store });
  const old = frozen(stage, /\/downloads\/001\.jsonl$/, retrieve, 'delete');
  await old.froze;

  const writtenOff = { ...stage.round(), batch, retry: false, unpaid: false, writtenOff: true };
  await environment().run(stage.worker().anthropicRetrieve, writtenOff);
  await failed(old.wake);
  expect((await stage.finish()).counts).toMatchObject({ succeeded: 2, errored: 1 });
});

test('a process that froze while it joined results again removes none that a later summary names', async () => {
  const stage = await Stage.of(quick);
  await stage.retrieve(await bought(stage), { retry: false });
  await stage.finish();
  const old = frozen(stage, /\/chunks\/000000\/summary\.1\.json$/, (store) => stage.finish({}, { store }));
  await old.froze;
  await finishJob(stage);
  await old.wake();
  expect(statuses(stage)).toEqual(['succeeded', 'succeeded', 'succeeded']);
});

test('a chunk that is joined again as its job ends has the answers of other chunks', async () => {
  const job = await PlannedJob.of(await Stage.of(quick), [
    ['a', 'b'],
    ['c', 'a'],
  ]);
  await job.findEqual();
  for (const chunk of [0, 1]) await job.carry(chunk);
  const { stage } = job;
  let isFirst = true;
  const store = storeWith(stage.store, {
    put: async (key, ...rest) => {
      // A frozen process wakes just before the job's first summary.
      if (isFirst && key === keys.summary(job.job)) {
        isFirst = false;
        await job.close(1);
      }
      return stage.store.put(key, ...rest);
    },
  });
  const input = { job: job.job, state: 'completed' as const, chunks: 2, documents: 4 };
  expect(await environment().run(stage.worker({ store }).anthropicFinishJob, input)).toMatchObject({
    succeeded: 4,
  });
  expect(job.results(1).map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
  expect(jobSummary(stage.store, job.job)).toMatchObject({ succeeded: 4, failed: 0 });
});

test('a process that froze while it ended a job does not replace its newer summary', async () => {
  const stage = await Stage.of(quick);
  const batch = await bought(stage);
  await stage.finish({ canceled: true });
  const old = frozen(stage, /\/i\/summary\.json$/, (store) => finishJob(stage, store));
  await old.froze;
  await stage.retrieve(batch, { retry: false });
  await stage.finish();
  await finishJob(stage);
  expect(await failed(old.wake)).toMatchObject({ type: 'anthropic.Store', nonRetryable: false });
  expect(jobSummary(stage.store, stage.job)).toMatchObject({ succeeded: 3, failed: 0 });
});

test.each([
  ['requests', /\/requests\.jsonl$/],
  ['digests', /\/digests$/],
  ['documents', /\/documents\.jsonl$/],
  ['plan', /\/chunks\/000000\/plan\.json$/],
])('a process that froze before it wrote the %s of a chunk changes no later plan', async (_, stop) => {
  let version = 'old';
  const builders = {
    mine: () => ({ ...TEMPLATE, system: version }),
  };
  const options = { spec: { builder: 'mine', template: undefined }, builders };
  const planning = await Planning.of(jsonl([{ id: 'a' }, { id: 'b' }]), options);
  const old = frozen(planning, stop, (store) => planning.page(undefined, store));
  await old.froze;

  version = 'new';
  const page = await planning.page();
  expect(await failed(old.wake)).toMatchObject({ type: 'anthropic.Store', nonRetryable: false });
  expect(page).toEqual({ chunks: [{ documents: 2, requests: 2 }] });
  expect(planning.requests(0).map(({ system }) => system)).toEqual(['new', 'new']);
  expect(planning.documents(0)).toEqual([
    { id: 'a', line: 1 },
    { id: 'b', line: 2 },
  ]);
  expect(await planning.page()).toEqual(page);
});

test('a plan that was interrupted continues after its last chunk', async () => {
  const documents = Array.from({ length: 9 }, (_, n) => ({ id: `${n}`, text: `${n}` }));
  const planning = await Planning.of(jsonl(documents), { spec: { chunkSize: 2 } });
  const { store, job } = planning;
  const dead = storeWith(store, {
    put: async (key, ...rest) => {
      if (key === keys.documents(job, 2)) throw new Error('The process died.');
      return store.put(key, ...rest);
    },
  });
  await failed(() => planning.page(undefined, dead));
  expect((await newDraft(store, { job, chunk: 2 })).draft).toBeDefined();
  const planned = [0, 1].map((chunk) => planning.requests(chunk));
  expect(await planning.page()).toEqual({
    chunks: [2, 2, 2, 2, 1].map((count) => ({ documents: count, requests: count })),
  });
  expect([0, 1].map((chunk) => planning.requests(chunk))).toEqual(planned);
  expect([0, 1, 2, 3, 4].flatMap((chunk) => planning.documents(chunk)).map(({ id }) => id)).toEqual(
    documents.map(({ id }) => id),
  );
});

describe('a process that froze before it reserved in a budget, and wakes when its chunk has ended,', () => {
  const reserved = async ({ store, job }: Stage) =>
    (await new AccountBook(store, keys.jobBook(job)).read()).reserved;

  const places: [place: string, stop: RegExp][] = [
    ['before it noted the book', /\/books\/job\.json$/],
    ['before it wrote its page', /\/budget\/000000000\.json$/],
  ];

  test.each(places)('%s reserves nothing', async (_, stop) => {
    const stage = await Stage.of({ ...quick, spec: { maxUsd: '1' } });
    const old = frozen(stage, stop, (store) => stage.submit({ store }));
    await old.froze;
    await stage.retrieve(await bought(stage), { retry: false });
    await stage.finish();
    expect(await old.wake()).toEqual({ kind: 'notSent', why: { code: 'overtaken' } });
    expect(await reserved(stage)).toEqual(new Map());
  });

  test.each(places)('%s reserves and sends nothing if the chunk was closed unsent', async (_, stop) => {
    const stage = await Stage.of({ ...quick, spec: { maxUsd: '1' } });
    const old = frozen(stage, stop, (store) => stage.submit({ store }));
    await old.froze;
    await environment(2).run(stage.worker().anthropicOpenRound, { job: stage.job, chunk: 0 });
    await stage.finish();
    expect(await old.wake()).toEqual({ kind: 'notSent', why: { code: 'overtaken' } });
    expect(await reserved(stage)).toEqual(new Map());
    expect(await stage.batches()).toEqual([]);
  });
});

test('a process that froze before it settled a chunk keeps the reservation of the chunk after a Reset', async () => {
  const stage = await Stage.of({ ...quick, spec: { maxUsd: '1' } });
  const batch = await bought(stage);
  await stage.retrieve(batch, { retry: false });
  const old = frozen(stage, /\/budget\/000000001\.json$/, (store) => stage.finish({}, { store }));
  await old.froze;

  // The chunk is reset and sends another round.
  await stage.store.put(keys.selection(stage.job, 0, 1), '0\n');
  const later = environment(2).run(stage.worker().anthropicSubmit, stage.sending(1, stage.deps()));
  expect(await later).toMatchObject({ kind: 'bought' });
  await old.wake();
  const account = () => new AccountBook(stage.store, keys.jobBook(stage.job)).read();
  expect((await account()).reserved.size).toBe(1);

  const end = { job: stage.job, chunk: 0, canceled: false, unsent: { type: 'not_sent', message: '' } };
  const ended: ChunkSummary = await environment(3).run(stage.worker().anthropicFinishChunk, end);
  expect(await account()).toMatchObject({ reserved: new Map() });
  expect((await account()).spent).toBeGreaterThanOrEqual(parseUsd(ended.cost.paid)!);
});
