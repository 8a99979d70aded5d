import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, test } from 'vitest';
import type { BatchesApi } from '../../../src/anthropic/api';
import { batchesApi } from '../../../src/anthropic/batches';
import { parseUsd } from '../../../src/cost/prices/usd';
import type { ChunkSummary, JobRef } from '../../../src/job/job';
import { normalizeSpec } from '../../../src/job-spec/normalize';
import { keys } from '../../../src/records/keys';
import { writeSpec } from '../../../src/records/stored-spec';
import { resultsText } from '../../support/chunks';
import { paramsOf } from '../simulator/support';
import { environment, failed, Stage, type StageOptions } from './support';

const IDS = ['b-10', 'b-9', 'A', 'zebra', 'b-1', '_'];
const MARKERS: Record<string, string> = {
  A: '[[sim:overloaded_error]]',
  zebra: '[[sim:max_tokens]]',
  _: '[[sim:canceled]]',
};

const lines = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** A job of the stage's store that adopts a batch. */
class Adoption {
  constructor(
    readonly stage: Stage,
    readonly batch: string,
    readonly job: JobRef,
  ) {}

  static async of(options: StageOptions = {}, foreign?: string): Promise<Adoption> {
    const stage = await Stage.of({ simulator: { duration: 0 }, ...options });
    return Adoption.on(stage, foreign ?? (await otherTool(stage)));
  }

  static async on(stage: Stage, batch: string): Promise<Adoption> {
    const job = { id: `adopted ${batch}`, instance: 'i', store: stage.job.store };
    await writeSpec(stage.store, job, normalizeSpec({}, { id: job.id, source: { kind: 'adopt', batch } }));
    return new Adoption(stage, batch, job);
  }

  plan(attempt = 1) {
    const mock = new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') });
    return mock.run(this.stage.worker().anthropicPlan, { job: this.job });
  }

  checkIds() {
    return environment().run(this.stage.worker().anthropicCheckIds, { job: this.job, chunks: 1 });
  }

  retrieve(api: Partial<BatchesApi> = {}) {
    const anthropic = { ...batchesApi(this.stage.client()), ...api };
    return environment().run(this.stage.worker({ anthropic: () => anthropic }).anthropicRetrieve, {
      job: this.job,
      chunk: 0,
      round: 0,
      batch: this.batch,
      retry: false,
      unpaid: false,
    });
  }

  finish(canceled = false) {
    const unsent = { type: 'canceled', message: 'The job was canceled.' };
    return environment().run(this.stage.worker().anthropicFinishChunk, {
      job: this.job,
      chunk: 0,
      unsent,
      canceled,
    });
  }

  /** The record of the batch from the planning of the job. */
  get noted() {
    return JSON.parse(this.stage.store.text(keys.adopted(this.job)));
  }

  get results() {
    return resultsText(this.stage.store, this.job, 0);
  }
}

async function otherTool(stage: Stage, ids = IDS): Promise<string> {
  const requests = ids.map((id) => ({
    custom_id: id,
    params: paramsOf(`text of ${id} ${MARKERS[id] ?? ''}`),
  }));
  return (await stage.client().messages.batches.create({ requests })).id;
}

describe('planning to adopt a batch', () => {
  test.each([
    [0, true],
    [60_000, false],
  ])('plans one chunk for it, and reports whether it has ended', async (duration, ended) => {
    const adoption = await Adoption.of({ simulator: { duration } });
    expect(await adoption.plan()).toEqual({
      chunks: [{ documents: 6, requests: 6, adopted: { batch: adoption.batch, ended } }],
    });
  });

  test('waits a moment for one that the API does not have, and then fails permanently', async () => {
    const adoption = await Adoption.of({}, 'msgbatch_none');
    const failure = {
      type: 'anthropic.NotFound',
      message: expect.stringContaining('does not know the batch msgbatch_none'),
    };
    expect(await failed(() => adoption.plan(1))).toMatchObject({ ...failure, nonRetryable: false });
    expect(await failed(() => adoption.plan(4))).toMatchObject({ ...failure, nonRetryable: true });
  });

  test('fails for a batch of another workspace', async () => {
    const apiKeys = { 'test-key': 'mine', 'other-key': 'theirs' };
    const stage = await Stage.of({ simulator: { duration: 0, apiKeys } });
    const { id } = await stage
      .client('other-key')
      .messages.batches.create({ requests: [{ custom_id: 'a', params: paramsOf('a') }] });
    const adoption = await Adoption.on(stage, id);
    expect(await failed(() => adoption.plan(4))).toMatchObject({
      type: 'anthropic.NotFound',
      message: expect.stringContaining('belongs to another workspace'),
    });
  });

  test('fails for a batch whose results are archived', async () => {
    const adoption = await Adoption.of();
    adoption.stage.simulator.clock.advance(30 * 24 * 3_600_000);
    expect(await failed(() => adoption.plan())).toMatchObject({
      type: 'anthropic.ResultsGone',
      nonRetryable: true,
      message: expect.stringContaining(`${adoption.batch} are gone: it was archived at`),
    });
  });

  test('takes a batch whose results were downloaded before they were archived', async () => {
    const adoption = await Adoption.of();
    await adoption.plan();
    await adoption.retrieve();
    adoption.stage.simulator.clock.advance(30 * 24 * 3_600_000);
    expect(await adoption.plan()).toMatchObject({ chunks: [{ documents: 6, adopted: { ended: true } }] });
    expect(await adoption.retrieve()).toMatchObject({ rows: 6 });
    expect(await adoption.finish()).toMatchObject({ documents: 6, counts: { succeeded: 4 } });
  });

  test('fails for a batch of a job of this store, unless that job is deleted', async () => {
    const stage = await Stage.of({ simulator: { duration: 0 } });
    const sent = await stage.submit();
    if (sent.kind !== 'bought') throw new Error(`It is ${sent.kind}.`);
    const adoption = await Adoption.on(stage, sent.batch);
    expect(await failed(() => adoption.plan())).toMatchObject({
      type: 'anthropic.BatchOwned',
      nonRetryable: true,
      message: `The batch ${sent.batch} belongs to the job "job". Read the results of that job instead.`,
    });
    await stage.store.delete(keys.spec(stage.job));
    expect(await adoption.plan()).toMatchObject({ chunks: [{ documents: 3 }] });
  });
});

describe('the results of an adopted batch', () => {
  test('are one line for each request, in order of their custom_ids', async () => {
    const adoption = await Adoption.of();
    const { batch } = adoption;
    await adoption.plan();
    expect(await adoption.retrieve()).toMatchObject({ rows: 6, succeeded: 4, outstanding: 0 });
    const summary = await adoption.finish();
    expect(summary).toEqual({
      chunk: 0,
      documents: 6,
      counts: { succeeded: 4, errored: 1, expired: 0, canceled: 1, not_sent: 0 },
      batches: [batch],
      rounds: 1,
      cost: expect.objectContaining({ requests: 4 }),
    });
    const rows = lines(adoption.results);
    expect(rows.map(({ id }) => id)).toEqual(['A', '_', 'b-1', 'b-10', 'b-9', 'zebra']);
    expect(rows.map((row) => row.class)).toEqual([
      'transient',
      'transient',
      'succeeded',
      'succeeded',
      'succeeded',
      'incomplete',
    ]);
    for (const row of rows) expect(row).toMatchObject({ attempts: 1, batch_id: batch, custom_id: row.id });
    expect(rows[0].error).toMatchObject({ type: 'overloaded_error' });
    expect(rows[2].message.content[0].text).toContain('text of b-1 ');
    const { results } = adoption;
    // A step that died midway is retried.
    expect(await adoption.finish()).toEqual(summary);
    expect(adoption.results).toBe(results);
  });

  test('cost what the batch cost, at the prices of the day of its creation', async () => {
    const adoption = await Adoption.of();
    const { stage, batch, job } = adoption;
    await adoption.plan();
    await adoption.retrieve();
    const own = { input: '1', output: '1', cacheWrite5m: '1', cacheWrite1h: '1', cacheRead: '1' };
    const created = Date.parse(adoption.noted.createdAt);
    const next = new Date(created + 24 * 3_600_000).toISOString().slice(0, 10);
    const higher = { ...own, input: '9', output: '9', from: next };
    const spec = JSON.parse(stage.store.text(keys.spec(job)));
    await stage.store.put(
      keys.spec(job),
      JSON.stringify({ ...spec, prices: { 'claude-haiku-5-5': [own, higher] } }),
    );
    const paid = async () => {
      const { cost } = (await adoption.finish()) as ChunkSummary;
      return Number(parseUsd(cost!.paid)) / 500_000;
    };
    const { usage } = (await stage.simulator.books()).batches.find(({ id }) => id === batch)!;
    const tokens = usage.input_tokens + usage.output_tokens;
    expect(await paid()).toBe(tokens);
    await stage.store.put(keys.adopted(job), JSON.stringify({ batch, createdAt: `${next}T00:00:00.000Z` }));
    expect(await paid()).toBe(9 * tokens);
  });

  test('are the same in any order of rows', async () => {
    const adoption = await Adoption.of();
    await adoption.plan();
    await adoption.retrieve();
    await adoption.finish();
    const { results } = adoption;
    const raw = keys.download({ job: adoption.job, chunk: 0, round: 0 }, 0);
    const rows = adoption.stage.store.text(raw).split('\n').filter(Boolean);
    await adoption.stage.store.put(raw, `${rows.reverse().join('\n')}\n`);
    await adoption.finish();
    expect(adoption.results).toBe(results);
  });

  test('make no claim, because they do not prove that the batch is ours', async () => {
    const adoption = await Adoption.of();
    await adoption.plan();
    await adoption.retrieve();
    await adoption.finish();
    expect(adoption.stage.store.entries.has(keys.batch(adoption.batch))).toBe(false);
    expect(adoption.stage.simulator.calls()).toMatchObject({ cancel: 0, create: 1 });
  });

  test.each<[string, (rows: string[]) => string[]]>([
    ['come short', (rows) => rows.slice(1)],
    ['contain one row twice, so that one is missing', (rows) => [rows[0]!, ...rows.slice(0, -1)]],
    ['are none at all', () => []],
  ])('that %s are taken once three downloads over an hour have the same rows', async (_, spoil) => {
    const adoption = await Adoption.of();
    const rows: string[] = [];
    for await (const row of await adoption.stage.client().messages.batches.results(adoption.batch)) {
      rows.push(`${JSON.stringify(row)}\n`);
    }
    const results = async () => [Buffer.from(spoil(rows).join(''))] as unknown as AsyncIterable<Uint8Array>;
    await adoption.plan();
    const of = { job: adoption.job, chunk: 0, round: 0 };
    /** Moves the downloads so far a number of minutes into the past. */
    const pass = async (minutes: number) => {
      const notes = JSON.parse(adoption.stage.store.text(keys.downloadNotes(of)));
      for (const note of notes.notes)
        note.at = new Date(Date.parse(note.at) - minutes * 60_000).toISOString();
      await adoption.stage.store.put(keys.downloadNotes(of), JSON.stringify(notes));
    };
    const incomplete = (nextRetryDelay?: unknown) => ({
      type: 'anthropic.ResultsIncomplete',
      nonRetryable: false,
      nextRetryDelay,
      message: expect.stringContaining(adoption.batch),
    });
    expect(await failed(() => adoption.retrieve({ results }))).toMatchObject(incomplete(0));
    await pass(1);
    const hour = expect.closeTo(59 * 60_000, -4);
    expect(await failed(() => adoption.retrieve({ results }))).toMatchObject(incomplete(hour));
    await pass(60);
    expect(await failed(() => adoption.retrieve({ results }))).toMatchObject(incomplete(60 * 60_000));
    await pass(60);
    const distinct = new Set(spoil(rows)).size;
    expect(await adoption.retrieve({ results })).toMatchObject({ rows: distinct });
    const repeated = spoil(rows).length - distinct;
    const odd = { counts: 1, ...(repeated > 0 ? { repeated } : {}) };
    expect(await adoption.finish()).toMatchObject({ documents: distinct, odd });
  });

  test('with too many rows are taken, one row for each custom_id', async () => {
    const adoption = await Adoption.of({
      simulator: {
        duration: 0,
        faults: { http: [{ kind: 'odd-row', row: 'contradicting' }] },
      },
    });
    await adoption.plan();
    expect(await adoption.retrieve()).toMatchObject({ rows: 6, succeeded: 4 });
    expect(await adoption.finish()).toMatchObject({
      documents: 6,
      counts: { succeeded: 4 },
      odd: { contradicting: 1 },
    });
    expect(lines(adoption.results)).toHaveLength(6);
  });

  test('with a row that cannot be understood are taken, and that row is the outcome of its document', async () => {
    const adoption = await Adoption.of({
      simulator: { duration: 0, faults: { http: [{ kind: 'odd-row', row: 'unknown-type' }] } },
    });
    await adoption.plan();
    expect(await adoption.retrieve()).toMatchObject({ rows: 6 });
    expect(await adoption.finish()).toMatchObject({ documents: 6, odd: { unreadable: 1 } });
    const odd = lines(adoption.results).filter((line) => line.class === 'unreadable');
    expect(odd).toMatchObject([{ id: odd[0].custom_id, error: { type: 'unreadable' } }]);
  });

  test('are not taken if the job was canceled before the download, and are kept unchanged if it is canceled afterwards', async () => {
    const adoption = await Adoption.of();
    await adoption.plan();
    expect(await adoption.finish(true)).toMatchObject({ documents: 0, counts: { not_sent: 0 }, rounds: 0 });
    expect(adoption.results).toBe('');
    await adoption.retrieve();
    expect(await adoption.finish(true)).toMatchObject({ documents: 6, counts: { canceled: 1 } });
    // Another party canceled the request.
    expect(lines(adoption.results)[1]).toMatchObject({ status: 'canceled', class: 'transient' });
  });
});

test('the ids of an adopted batch need no check: its documents are unknown until its results are there', async () => {
  const adoption = await Adoption.of();
  await adoption.plan();
  await adoption.checkIds();
});
