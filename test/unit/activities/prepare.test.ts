import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import Anthropic from '@anthropic-ai/sdk';
import type { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import type { ActivityDeps } from '../../../activities';
import { batchesApi } from '../../../src/anthropic/batches';
import type { Prepared, PrepareInput } from '../../../src/job/activity-types';
import { normalizeSpec } from '../../../src/job-spec/normalize';
import type { ScheduleRecord } from '../../../src/job-spec/schedule';
import { keys } from '../../../src/records/keys';
import { RoundLedger } from '../../../src/records/ledger';
import { readSpec } from '../../../src/records/stored-spec';
import { hasSuccessor } from '../../../src/records/successors';
import { FileStore } from '../../../src/store/file/file-store';
import { makeFifo } from '../../support/fifo';
import { MemoryStore } from '../../support/memory-store';
import { tempDir } from '../../support/temp-dir';
import { TEMPLATE } from '../../support/template';
import { environment, failed, Stage } from './support';

const prepare = (
  stage: Stage,
  deps: Partial<ActivityDeps> = {},
  input: Partial<PrepareInput> = {},
): Promise<Prepared> => environment().run(stage.worker(deps).anthropicPrepare, { job: stage.job, ...input });

describe('the first step of a job', () => {
  test('returns what the workflow needs for its decisions', async () => {
    const stage = await Stage.of({ spec: { maxRounds: 5, pollFloor: '1s' } });
    expect(await prepare(stage)).toEqual({
      settings: expect.objectContaining({ maxRounds: 5, pollFloor: 1_000 }),
      times: stage.times,
      model: 'claude-haiku-5-5',
    });
  });

  test('reports a store that is not the job’s; another worker may have the right one', async () => {
    const stage = await Stage.of();
    expect(await failed(() => prepare(stage, { store: new MemoryStore() }))).toMatchObject({
      type: 'anthropic.StoreMismatch',
      nonRetryable: false,
      message: expect.stringContaining('--store'),
    });
    expect(stage.simulator.calls().list).toBe(0);
  });

  test.each([
    [{}, 'it has none'],
    [{ other: () => TEMPLATE, more: () => TEMPLATE }, 'it has other, more'],
  ])('names a builder that the worker lacks and another worker may have', async (builders, has) => {
    const stage = await Stage.of({ spec: { builder: 'mine' } });
    expect(await failed(() => prepare(stage, { builders }))).toMatchObject({
      type: 'anthropic.UnknownBuilder',
      nonRetryable: false,
      message: expect.stringContaining(`no builder "mine": ${has}`),
    });
    expect(await prepare(stage, { builders: { mine: () => TEMPLATE } })).toMatchObject({
      model: undefined,
    });
  });

  test('does not treat inherited object properties as builders', async () => {
    const stage = await Stage.of({ spec: { builder: 'toString' } });
    expect(await failed(() => prepare(stage))).toMatchObject({ type: 'anthropic.UnknownBuilder' });
  });

  test('reports a job that another release wrote; a worker of that release may run it', async () => {
    const stage = await Stage.of();
    const spec = await readSpec(stage.store, stage.job);
    await stage.store.put(keys.spec(stage.job), JSON.stringify({ ...spec, version: 2 }));
    const failure = { type: 'anthropic.SpecVersion', nonRetryable: false };
    expect(await failed(() => prepare(stage))).toMatchObject(failure);
    expect(await failed(() => stage.submit())).toMatchObject(failure);
    expect(stage.simulator.calls().create).toBe(0);
  });

  test('reports a wrong key; another worker may have the right one', async () => {
    const stage = await Stage.of({ simulator: { apiKeys: ['right'] }, apiKey: 'wrong-SECRET' });
    const failure = (await failed(() => prepare(stage))) as Error;
    expect(failure).toMatchObject({ type: 'anthropic.Authentication', nonRetryable: false });
    expect(failure.message).toContain('401');
    expect(failure.message).not.toContain('SECRET');
  });

  test('reports a missing key; another worker may have one', async () => {
    const stage = await Stage.of();
    const client = new Anthropic({ baseURL: stage.simulator.url, apiKey: null, authToken: null });
    expect(await failed(() => prepare(stage, { anthropic: () => batchesApi(client) }))).toMatchObject({
      type: 'anthropic.Authentication',
      nonRetryable: false,
      message: expect.stringContaining('ANTHROPIC_API_KEY'),
    });
    expect(stage.simulator.calls().list).toBe(0);
  });

  test('accepts a key whose account has no credit, for which the job waits later', async () => {
    const http = [{ endpoint: 'list', kind: 'status', status: 402 } as const];
    const stage = await Stage.of({ simulator: { faults: { http } } });
    expect(await prepare(stage)).toBeDefined();
  });

  test.each([429, 500, 529])('is retried if the API answers %i', async (status) => {
    const http = [{ endpoint: 'list', kind: 'status', status } as const];
    const stage = await Stage.of({ simulator: { faults: { http } } });
    expect(await failed(() => prepare(stage))).toMatchObject({ nonRetryable: false });
    expect(await prepare(stage)).toBeDefined();
  });
});

describe("a schedule's firing", () => {
  async function scheduled(input = 'docs/{date}.jsonl', more: Partial<ScheduleRecord> = {}) {
    const stage = await Stage.of();
    const { id: _, source: __, ...spec } = await readSpec(stage.store, stage.job);
    const record: ScheduleRecord = {
      version: 1,
      id: 'nightly',
      input,
      format: 'jsonl',
      timezone: 'Europe/Berlin',
      when: { cron: ['0 1 * * *'] },
      ...more,
      spec,
    };
    const key = keys.schedule('nightly', 'v1');
    await stage.store.put(key, JSON.stringify(record));
    const job = { ...stage.job, id: 'nightly-2026-11-22T23:30:00Z', instance: 'run' };
    // In Berlin it is already the next day.
    const firing = { schedule: 'nightly', spec: key, time: '2026-11-22T23:30:00Z' };
    const inputs = new MemoryStore();
    return { stage, job, firing, inputs };
  }

  test('copies the spec and the input of its nominal time in the schedule’s time zone', async () => {
    const { stage, job, firing, inputs } = await scheduled();
    await inputs.put('docs/2026-11-23.jsonl', '{"id":"a","text":"x"}\n');
    expect(await prepare(stage, { inputs }, { job, firing })).toMatchObject({ model: 'claude-haiku-5-5' });
    expect(stage.store.text(keys.input(job, 'jsonl'))).toBe('{"id":"a","text":"x"}\n');
    const stored = await readSpec(stage.store, job);
    expect(stored).toMatchObject({ id: job.id, source: { kind: 'input', format: 'jsonl' } });
    const { id: _, source: __, version, request, settings, ...rest } = stored;
    expect(normalizeSpec({ ...request, ...settings, chunkSize: rest.chunkSize }, stored)).toMatchObject({
      version,
    });
  });

  test('decompresses its input, and reads TSV', async () => {
    const { stage, job, firing, inputs } = await scheduled('{date}.tsv.gz', { format: 'tsv' });
    await inputs.put('2026-11-23.tsv.gz', gzipSync('id\ttext\na\tx\n'));
    await prepare(stage, { inputs }, { job, firing });
    expect(stage.store.text(keys.input(job, 'csv'))).toBe('id\ttext\na\tx\n');
    const { source } = await readSpec(stage.store, job);
    expect(source).toEqual({ kind: 'input', format: 'csv', delimiter: '\t' });
  });

  test('is final if its compressed input is cut short', async () => {
    const { stage, job, firing, inputs } = await scheduled('{date}.jsonl.gz');
    await inputs.put('2026-11-23.jsonl.gz', gzipSync('{"id":"a"}\n').subarray(0, 20));
    expect(await failed(() => prepare(stage, { inputs }, { job, firing }))).toMatchObject({
      nonRetryable: true,
      type: 'anthropic.InputInvalid',
      message: expect.stringMatching(
        /2026-11-23\.jsonl\.gz .*gzip data ends early, after byte 20\..*backfill/,
      ),
    });
    expect(await stage.store.head(keys.input(job, 'jsonl'))).toBeUndefined();
  });

  test('keeps an existing copy although the input has changed', async () => {
    const { stage, job, firing, inputs } = await scheduled();
    await inputs.put('docs/2026-11-23.jsonl', 'first');
    await prepare(stage, { inputs }, { job, firing });
    await inputs.put('docs/2026-11-23.jsonl', 'second');
    await prepare(stage, { inputs }, { job, firing });
    expect(stage.store.text(keys.input(job, 'jsonl'))).toBe('first');
  });

  test('is skipped if an earlier job of its time left requests in flight, and announced to that job', async () => {
    const { stage, job, firing, inputs } = await scheduled();
    await inputs.put('docs/2026-11-23.jsonl', '{"id":"a","text":"x"}\n');
    await prepare(stage, { inputs }, { job, firing });
    const ledger = new RoundLedger(stage.store, { job, chunk: 0, round: 0 });
    const intent = { nonce: 'e'.repeat(24), count: 1, apiTime: new Date().toISOString(), fingerprint: '' };
    await ledger.intend(0, intent);
    await ledger.decide(0, 'commit');
    const backfill = { ...job, instance: 'backfill' };
    const again = () => prepare(stage, { inputs }, { job: backfill, firing });
    const skipped = (await failed(again)) as ApplicationFailure;
    expect(skipped).toMatchObject({ type: 'anthropic.JobInFlight', nonRetryable: true });
    expect(skipped.message).toMatch(
      /Skipped.*round 1 of chunk 0.*reconcile --job nightly-2026-11-22T23:30:00Z/,
    );
    expect(await hasSuccessor(stage.store, job)).toBe(true);
    // A Reset of the earlier job is not stopped by its own requests.
    await prepare(stage, { inputs }, { job, firing });

    await ledger.close(0, { outcome: 'not-created', reason: 'refused' });
    expect(await again()).toMatchObject({ model: 'claude-haiku-5-5' });
  });

  /** The two firings of 02:00 in Berlin when clocks go back, each on a new worker. */
  async function twice(input: string, more: Partial<ScheduleRecord> = {}) {
    const { stage, job, firing, inputs } = await scheduled(input, more);
    for (const file of [
      'docs/2026-10-25-02',
      'docs/2026-10-25-02+0200',
      'docs/2026-10-25-02+0100',
      'docs/all',
    ])
      await inputs.put(file, '{"id":"a","text":"x"}\n');
    const fire = (hour: number, instance: string) =>
      prepare(
        stage,
        { inputs },
        { job: { ...job, instance }, firing: { ...firing, time: `2026-10-25T0${hour}:00:00Z` } },
      );
    return { stage, fire };
  }

  test('is skipped if a firing of another time took the same input', async () => {
    const { stage, fire } = await twice('docs/{date}-{hour}');
    await fire(0, 'first');
    const skipped = (await failed(() => fire(1, 'second'))) as ApplicationFailure;
    expect(skipped).toMatchObject({ type: 'anthropic.SameInput', nonRetryable: true });
    expect(skipped.message).toMatch(/Skipped.*docs\/2026-10-25-02.*2026-10-25T00:00:00Z.*allow-same-input/);
    expect(
      await stage.store.head(
        keys.input({ ...stage.job, id: 'nightly-2026-11-22T23:30:00Z', instance: 'second' }, 'jsonl'),
      ),
    ).toBeUndefined();
    // A Reset or a backfill of the same time takes it again.
    await fire(0, 'first');
    await fire(0, 'backfilled');
  });

  test.each<[string, Partial<ScheduleRecord>]>([
    ['docs/{date}-{hour}{offset}', {}],
    ['docs/{date}-{hour}', { allowSameInput: true }],
    ['docs/all', {}],
  ])('is not skipped with the input %s and %o', async (input, more) => {
    const { fire } = await twice(input, more);
    await fire(0, 'first');
    await fire(1, 'second');
  });

  test('fails permanently without its input, and names the searched location', async () => {
    const { stage, job, firing, inputs } = await scheduled();
    expect(await failed(() => prepare(stage, { inputs }, { job, firing }))).toMatchObject({
      type: 'anthropic.InputNotFound',
      nonRetryable: true,
      message: expect.stringMatching(
        /docs\/2026-11-23\.jsonl .*nightly.*2026-11-22T23:30:00Z.*memory.*backfill/,
      ),
    });
  });

  test.each(['a FIFO', 'a folder link'])(
    'fails permanently if its input is %s or is reached through one',
    async (kind) => {
      const { stage, job, firing } = await scheduled('docs/in/{date}.jsonl');
      const folder = await tempDir();
      const inputs = new FileStore(join(folder, 'inputs'));
      await inputs.put('docs/other', 'x');
      if (kind === 'a FIFO') {
        await mkdir(join(folder, 'inputs/docs/in'));
        await makeFifo(join(folder, 'inputs/docs/in/2026-11-23.jsonl'));
      } else {
        await mkdir(join(folder, 'elsewhere'));
        await writeFile(join(folder, 'elsewhere/2026-11-23.jsonl'), '{}');
        await symlink(join(folder, 'elsewhere'), join(folder, 'inputs/docs/in'));
      }
      expect(await failed(() => prepare(stage, { inputs }, { job, firing }))).toMatchObject({
        type: 'anthropic.InputInvalid',
        nonRetryable: true,
        message: expect.stringMatching(
          /docs\/in\/2026-11-23\.jsonl .*nightly.* cannot be read .*: it is\b.*backfill/,
        ),
      });
      expect(await stage.store.head(keys.input(job, 'jsonl'))).toBeUndefined();
    },
  );

  test('is left to another worker if a worker has no folder of inputs', async () => {
    const { stage, job, firing } = await scheduled();
    expect(await failed(() => prepare(stage, {}, { job, firing }))).toMatchObject({
      type: 'anthropic.NoInputs',
      nonRetryable: false,
      message: expect.stringContaining('--inputs'),
    });
  });
});
