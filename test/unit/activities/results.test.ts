import { CancelledFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import type { Batch, BatchesApi } from '../../../src/anthropic/api';
import { batchesApi } from '../../../src/anthropic/batches';
import type { JobSummary } from '../../../src/job/job';
import type { OddCounts } from '../../../src/job/odd-results';
import type { Failed } from '../../../src/job/reason';
import { keys } from '../../../src/records/keys';
import type { HttpFault, OddRow } from '../../../src/simulator/index';
import { putJson } from '../../../src/store/json';
import { chunkSummary, jobSummary, resultsText } from '../../support/chunks';
import { storeWith } from '../../support/store-with';
import { environment, failed, Stage, type StageOptions } from './support';

const quick = { duration: 0 };

/** Buys a round and returns its batch. */
async function bought(stage: Stage, round = 0): Promise<string> {
  const sent = await stage.submit({}, round);
  if (sent.kind !== 'bought') throw new Error(JSON.stringify(sent));
  return sent.batch;
}

const lines = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

const results = (stage: Stage) => lines(resultsText(stage.store, stage.job, 0));

describe('retrieve', () => {
  const mixed = [
    'a',
    '[[sim:overloaded_error]]',
    '[[sim:invalid_request_error]]',
    '[[sim:expired]]',
    '[[sim:canceled]]',
  ];

  test('keeps the rows unchanged and selects the requests that may be resent', async () => {
    const stage = await Stage.of({ simulator: quick, texts: mixed });
    const batch = await bought(stage);
    expect(await stage.retrieve(batch)).toEqual({ rows: 5, succeeded: 1, outstanding: 3, unpaid: 0 });
    expect(lines(stage.store.text(keys.download({ job: stage.job, chunk: 0, round: 0 }, 0)))).toHaveLength(5);
    expect(stage.store.text(keys.selection(stage.job, 0, 1))).toBe('1\n3\n4\n');
  });

  test('needs no API if the results of the round are stored, because after a Reset the batch may be gone', async () => {
    const stage = await Stage.of({ simulator: quick, texts: mixed });
    const batch = await bought(stage);
    const retrieved = await stage.retrieve(batch);
    await stage.client().messages.batches.delete(batch);
    stage.store.entries.delete(keys.selection(stage.job, 0, 1));

    expect(await stage.submit()).toMatchObject({ kind: 'bought', batch, stored: true });
    expect(await stage.retrieve(batch)).toEqual(retrieved);
    expect(stage.store.text(keys.selection(stage.job, 0, 1))).toBe('1\n3\n4\n');
  });

  test('selects nothing in the last round', async () => {
    const stage = await Stage.of({ simulator: quick, texts: mixed });
    expect(await stage.retrieve(await bought(stage), { retry: false })).toMatchObject({ outstanding: 0 });
    expect(stage.store.entries.has(keys.selection(stage.job, 0, 1))).toBe(false);
  });

  test('selects unpaid requests even in the last round, if asked to', async () => {
    const texts = ['a', '[[sim:overloaded_error]]', '[[sim:billing_error]]'];
    const stage = await Stage.of({ simulator: quick, texts });
    const batch = await bought(stage);
    expect(await stage.retrieve(batch, { retry: false })).toMatchObject({ outstanding: 0, unpaid: 1 });
    expect(await stage.retrieve(batch, { retry: false, unpaid: true })).toMatchObject({ outstanding: 1 });
    expect(stage.store.text(keys.selection(stage.job, 0, 1))).toBe('2\n');

    const earlier = await Stage.of({ simulator: quick, texts });
    const retrieved = await earlier.retrieve(await bought(earlier), { unpaid: true });
    expect(retrieved).toMatchObject({ outstanding: 2, unpaid: 1 });
    expect(earlier.store.text(keys.selection(earlier.job, 0, 1))).toBe('1\n2\n');
  });

  test.each<[string, Partial<HttpFault>, string]>([
    ['cut in mid-line', { kind: 'cut', at: 'line' }, 'anthropic.Unavailable'],
    ['dropped', { kind: 'drop' }, 'anthropic.Unavailable'],
    ['not available yet', { kind: 'status', status: 404 }, 'anthropic.NotFound'],
    ['refused for now', { kind: 'status', status: 529 }, 'anthropic.Limited'],
  ])(
    'results that are %s leave nothing in the store, and the next download is whole',
    async (_, fault, type) => {
      const http = [{ endpoint: 'results', ...fault } as HttpFault];
      const stage = await Stage.of({ simulator: { ...quick, faults: { http } } });
      const batch = await bought(stage);
      const failure = await failed(() => stage.retrieve(batch));
      expect(failure).toMatchObject({ nonRetryable: false });
      expect((failure as { type: string }).type).toBe(type);
      expect(stage.store.entries.has(keys.download({ job: stage.job, chunk: 0, round: 0 }, 0))).toBe(false);
      expect(await stage.retrieve(batch)).toMatchObject({ rows: 3, succeeded: 3 });
    },
  );

  test('results that were downloaded before need no API, which may no longer have them', async () => {
    const stage = await Stage.of({ simulator: quick, texts: mixed });
    const batch = await bought(stage);
    const retrieved = await stage.retrieve(batch);
    await stage.client().messages.batches.delete(batch);
    expect(await stage.retrieve(batch)).toEqual(retrieved);
    expect(stage.simulator.calls().results).toBe(1);
  });

  test('the selection of a later round that has begun stays', async () => {
    const stage = await Stage.of({ simulator: quick, texts: mixed });
    const batch = await bought(stage);
    await stage.retrieve(batch);
    const second = await bought(stage, 1);
    expect(await stage.retrieve(batch, { retry: false })).toMatchObject({ outstanding: 3 });
    expect(stage.store.text(keys.selection(stage.job, 0, 1))).toBe('1\n3\n4\n');
    expect(await stage.retrieve(second, { round: 1 })).toMatchObject({ rows: 3 });
  });

  test('the first of two concurrent activities decides what the next round sends, and the other follows', async () => {
    const stage = await Stage.of({ simulator: quick, texts: mixed });
    const batch = await bought(stage);
    // It freezes after seeing that the next round has not begun. Its successor has one answer more.
    const key = keys.selection(stage.job, 0, 1);
    const store = storeWith(stage.store, {
      put: async (...args) => {
        if (args[0] === key && !stage.store.entries.has(key)) await stage.store.put(key, '1\n4\n');
        return stage.store.put(...args);
      },
    });
    expect(await stage.retrieve(batch, {}, { store })).toMatchObject({ outstanding: 2 });
    expect(stage.store.text(key)).toBe('1\n4\n');
    const second = await bought(stage, 1);
    expect(await stage.retrieve(second, { round: 1 })).toMatchObject({ rows: 2 });
  });

  test('a batch that has not ended is retried later', async () => {
    const stage = await Stage.of({ simulator: { duration: 60_000 } });
    const batch = await bought(stage);
    expect(await failed(() => stage.retrieve(batch))).toMatchObject({
      type: 'anthropic.NotEnded',
      nonRetryable: false,
    });
  });

  test('the results of a batch from 29 days ago are permanently gone', async () => {
    const stage = await Stage.of({ simulator: quick });
    const batch = await bought(stage);
    stage.simulator.clock.advance(30 * 24 * 3_600_000);
    expect(await failed(() => stage.retrieve(batch))).toMatchObject({
      type: 'anthropic.ResultsGone',
      nonRetryable: true,
    });
  });

  test('a batch that is not in the ledger is refused, with the command that adopts it', async () => {
    const stage = await Stage.of({ simulator: quick });
    const batch = await bought(stage);
    for (const key of stage.store.entries.keys())
      if (key.includes('/attempts/')) stage.store.entries.delete(key);
    expect(await failed(() => stage.retrieve(batch))).toMatchObject({
      type: 'anthropic.LedgerMissing',
      nonRetryable: true,
      message: expect.stringContaining(`"anthropic-batch adopt ${batch}"`),
    });
  });

  const downloaded = (stage: Stage, number = 0) => stage.store.text(keys.download(stage.round(), number));
  const judged = (stage: Stage) => JSON.parse(stage.store.text(keys.judged(stage.round())));
  const odd = (row: OddRow, more: Partial<HttpFault> = {}) =>
    ({ endpoint: 'results', kind: 'odd-row', row, ...more }) as HttpFault;

  test.each<[string, HttpFault, number]>([
    ['cut in mid-line, cleanly', { kind: 'cut', at: 'line', clean: true }, 2],
    ['cut on a line boundary', { kind: 'cut', at: 'boundary' }, 2],
    ['empty', { kind: 'empty-results' }, 3],
    ['a JSON page', { kind: 'json-page', endpoint: 'results' }, 3],
    ['missing a row', odd('missing'), 1],
    ['missing a custom_id', odd('no-custom-id'), 1],
    ['half a row in the middle', odd('no-json'), 1],
    ['whole but for four bytes in a row', odd('damaged'), 1],
  ])('results that are %s are kept unchanged, and downloaded again', async (_, fault, missing) => {
    const stage = await Stage.of({ simulator: { ...quick, faults: { http: [fault] } } });
    const batch = await bought(stage);
    const failure = await failed(() => stage.retrieve(batch));
    expect(failure).toMatchObject({
      type: 'anthropic.ResultsIncomplete',
      nonRetryable: false,
      message: expect.stringContaining(
        `: ${missing} of 3 rows are missing after one download. The first is `,
      ),
    });
    const first = downloaded(stage);
    expect(stage.store.entries.has(keys.judged(stage.round()))).toBe(false);
    expect(await stage.retrieve(batch)).toMatchObject({ rows: 3, succeeded: 3, outstanding: 0 });
    expect([downloaded(stage), judged(stage).downloads]).toEqual([first, [1]]);
    expect((await stage.finish()).counts.succeeded).toBe(3);
  });

  test('two incomplete downloads together are whole', async () => {
    const stage = await Stage.of({ simulator: quick });
    const batch = await bought(stage);
    const whole = await stage
      .deps()
      .anthropic()
      .results(await stage.deps().anthropic().retrieve(batch));
    let text = '';
    for await (const piece of whole) text += Buffer.from(piece).toString();
    const rows = text.split('\n').slice(0, -1);
    const parts = [rows.slice(1), rows.slice(0, 1)];
    const api = batchesApi(stage.client());
    const results = async () =>
      (async function* () {
        yield Buffer.from(`${parts.shift()!.join('\n')}\n`);
      })();
    const deps = { anthropic: () => ({ ...api, results }) };
    await failed(() => stage.retrieve(batch, {}, deps));
    expect(await stage.retrieve(batch, {}, deps)).toMatchObject({ rows: 3, succeeded: 3 });
    expect(judged(stage)).toMatchObject({ downloads: [0, 1], complete: true });
    expect((await stage.finish()).counts.succeeded).toBe(3);
  });

  test('a download with the same rows as an earlier one is recorded, but not kept twice', async () => {
    const http = [odd('missing', { times: null })];
    const stage = await Stage.of({ simulator: { ...quick, faults: { http } } });
    const batch = await bought(stage);
    for (let tries = 0; tries < 3; tries += 1) await failed(() => stage.retrieve(batch));
    const { notes } = JSON.parse(stage.store.text(keys.downloadNotes(stage.round())));
    expect(notes.map(({ number }: { number: number }) => number)).toEqual([0, 0, 0]);
    expect([...stage.store.entries.keys()].filter((key) => key.includes('/downloads/'))).toEqual([
      keys.download(stage.round(), 0),
    ]);
  });

  test.each<[OddRow, string, OddCounts]>([
    ['flat-error', 'transient', {}],
    ['error-text', 'unreadable', { unreadable: 1 }],
    ['error-null', 'unreadable', { unreadable: 1 }],
    ['no-error', 'unreadable', { unreadable: 1 }],
    ['unknown-type', 'unreadable', { unreadable: 1 }],
    ['no-message', 'unreadable', { unreadable: 1 }],
    ['no-answer', 'unreadable', { unreadable: 1 }],
    ['empty-result', 'unreadable', { unreadable: 1 }],
    ['foreign', 'succeeded', { foreign: 1 }],
    ['repeated', 'succeeded', { repeated: 1 }],
    ['contradicting', 'succeeded', { contradicting: 1 }],
    ['byte-order-mark', 'succeeded', {}],
  ])('one odd row (%s) affects only its own document', async (row, oddClass, counts) => {
    const stage = await Stage.of({ simulator: { ...quick, faults: { http: [odd(row)] } } });
    const batch = await bought(stage);
    const retry = oddClass === 'transient' ? 1 : 0;
    expect(await stage.retrieve(batch)).toMatchObject({ rows: 3, outstanding: retry });
    expect(stage.simulator.calls().results).toBe(1);
    const { cost, odd: told } = await stage.finish();
    const lines = results(stage);
    expect(lines.map((line) => line.class).sort()).toEqual(['succeeded', 'succeeded', oddClass].sort());
    expect(judged(stage)).toMatchObject({ complete: true, downloads: [0] });
    const [kinds, disagree] = [Object.keys(counts), oddClass === 'succeeded' ? {} : { counts: 1 }];
    expect(told ?? {}).toEqual({ ...counts, ...disagree });
    const named = judged(stage).named ?? [];
    expect(named.map(({ kind }: { kind: string }) => kind)).toEqual([...Object.keys(disagree), ...kinds]);
    if (oddClass !== 'unreadable') return;
    const { text } = named.at(-1);
    expect(lines.find((line) => line.class === 'unreadable')).toMatchObject({
      status: 'errored',
      custom_id: JSON.parse(text).custom_id,
      batch_id: batch,
      error: { type: 'unreadable', message: expect.stringContaining(batch), row: text },
    });
    expect(cost).toMatchObject({ requests: 2, unknown: 1 });
    expect(stage.store.text(keys.unusable(stage.round()))).toContain(JSON.stringify(text));
  });

  test.each<[string, object | undefined]>([
    ['all zero', undefined],
    ['too many', { succeeded: 1002, errored: 0, canceled: 0, expired: 0, processing: 0 }],
  ])('wrong request_counts (%s) are recorded, and delay nothing', async (_, counts) => {
    const http = [{ kind: 'wrong-counts', counts, times: null }] as HttpFault[];
    const stage = await Stage.of({ simulator: quick });
    const batch = await bought(stage);
    stage.simulator.faults.set({ http });
    expect(await stage.retrieve(batch)).toMatchObject({ rows: 3, succeeded: 3 });
    expect(await stage.finish()).toMatchObject({ counts: { succeeded: 3 }, odd: { counts: 1 } });
    expect(judged(stage).named[0].why).toContain(
      '3 requests were sent, 3 rows arrived and 3 of them succeeded',
    );
  });

  test('rows of another batch do not count as answers', async () => {
    const stage = await Stage.of({ simulator: quick });
    const batch = await bought(stage);
    const api = batchesApi(stage.client());
    const other = await api.retrieve((await stage.stranger()).id);
    const cached: BatchesApi = Object.create(api, {
      results: { value: (_: Batch, signal: AbortSignal) => api.results(other, signal) },
    });
    expect(await failed(() => stage.retrieve(batch, {}, { anthropic: () => cached }))).toMatchObject({
      type: 'anthropic.ResultsIncomplete',
    });
    expect(await stage.retrieve(batch)).toMatchObject({ rows: 3, succeeded: 3 });
  });

  test('with resendLostResults, a row that cannot be understood is downloaded again before it is paid for again', async () => {
    const stage = await Stage.of({ simulator: { ...quick, faults: { http: [odd('no-message')] } } });
    const batch = await bought(stage);
    const retrieve = (more = {}) =>
      environment().run(stage.worker().anthropicRetrieve, {
        ...stage.round(),
        batch,
        retry: true,
        resend: true,
        unpaid: false,
        ...more,
      });
    expect(await failed(() => retrieve())).toMatchObject({
      type: 'anthropic.ResultsIncomplete',
      message: expect.stringContaining('1 rows cannot be understood after one download'),
    });
    expect(await retrieve()).toMatchObject({ rows: 3, succeeded: 3, outstanding: 0 });
  });
});

describe('joining the rounds of a chunk', () => {
  test('returns one line for each document, in input order; later rounds win, and attempts are counted', async () => {
    const texts = [
      'a',
      '[[sim:overloaded_error:times=1]] 😀\u2028',
      null,
      '[[sim:invalid_request_error]]',
      '[[sim:max_tokens]]',
    ];
    const stage = await Stage.of({ simulator: quick, texts });
    const first = await bought(stage);
    await stage.retrieve(first);
    const second = await bought(stage, 1);
    expect(await stage.retrieve(second, { round: 1 })).toEqual({
      rows: 1,
      succeeded: 1,
      outstanding: 0,
      unpaid: 0,
    });
    const summary = await stage.finish();
    expect(summary).toEqual({
      chunk: 0,
      documents: 5,
      counts: { succeeded: 3, errored: 1, expired: 0, canceled: 0, not_sent: 1 },
      batches: [first, second],
      rounds: 2,
      cost: expect.objectContaining({ requests: 3 }),
    });
    expect(results(stage)).toMatchObject([
      { id: 'd-0', status: 'succeeded', class: 'succeeded', attempts: 1, batch_id: first },
      { id: 'd-1', status: 'succeeded', class: 'succeeded', attempts: 2, batch_id: second },
      {
        id: 'd-2',
        status: 'not_sent',
        class: 'not_sent',
        attempts: 0,
        batch_id: null,
        custom_id: null,
        error: { type: 'too_large', message: 'It is too large.' },
      },
      {
        id: 'd-3',
        status: 'errored',
        class: 'permanent',
        attempts: 1,
        error: { type: 'invalid_request_error' },
      },
      {
        id: 'd-4',
        status: 'succeeded',
        class: 'incomplete',
        attempts: 1,
        message: { stop_reason: 'max_tokens' },
      },
    ]);
    const [attempt] = await stage.ledger(1).read();
    expect(results(stage)[1].custom_id).toBe(`${attempt!.intent!.nonce}-1`);
    expect(Object.keys(results(stage)[0])).toEqual([
      'id',
      'status',
      'class',
      'attempts',
      'batch_id',
      'custom_id',
      'message',
    ]);
    const { costs: _, results: file, errors, joined, ...stored } = chunkSummary(stage.store, stage.job, 0);
    expect(stored).toEqual(JSON.parse(JSON.stringify(summary)));
    expect(file).toBe(keys.results(stage.job, 0));
    expect(joined).toEqual({
      canceled: false,
      unsent: { type: 'canceled', message: 'The job was canceled.' },
    });
    // Messages may quote documents, so they stay in the store.
    expect(errors).toMatchObject([{ documents: 1 }, { documents: 1 }]);
    // A step that died midway is retried.
    expect(await stage.finish()).toEqual(summary);
  });

  test('keeps the result of the first close, unless more results were downloaded since', async () => {
    const stage = await Stage.of({ simulator: quick, texts: ['a', '[[sim:overloaded_error:times=1]]'] });
    await stage.retrieve(await bought(stage));
    const summary = await stage.finish();
    expect(await stage.finish({ canceled: true, failure: 'later', keep: true })).toEqual(summary);

    // As after a Reset: the chunk continues, and is cut short before it is joined.
    await stage.retrieve(await bought(stage, 1), { round: 1 });
    expect(await stage.finish({ keep: true })).toMatchObject({ rounds: 2, counts: { succeeded: 2 } });
  });

  test('keeps the bytes of each message', async () => {
    const stage = await Stage.of({ simulator: quick, texts: ['a'] });
    await stage.retrieve(await bought(stage));
    const raw = keys.download({ job: stage.job, chunk: 0, round: 0 }, 0);
    const message =
      '{"z":12345678901234567890,"a":"\\u00e9 }} 😀","type":"message","content":[],"stop_reason":"end_turn"}';
    const { custom_id } = JSON.parse(stage.store.text(raw));
    await stage.store.put(
      raw,
      `{"custom_id":"${custom_id}","result":{"type":"succeeded","message":${message}}}\n`,
    );
    await stage.finish();
    expect(resultsText(stage.store, stage.job, 0)).toContain(`,"message":${message}}\n`);
  });

  test('an answer of 20,000 levels keeps its bytes, and affects no other document', async () => {
    const stage = await Stage.of({ simulator: quick, texts: ['a', 'b'] });
    const batch = await bought(stage);
    const deep = `{"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    const api = stage.deps().anthropic();
    const whole = await api.results(await api.retrieve(batch));
    let text = '';
    for await (const piece of whole) text += Buffer.from(piece).toString();
    const rows = text.trimEnd().split('\n');
    const changed = rows.map((row) =>
      row
        .replace('{"custom_id":', '{"custom_id": ')
        .replace(
          '"content":[',
          row.includes('Echo of a') ? `"content":[{"type":"tool_use","input":${deep}},` : '$&',
        ),
    );
    const results = async function* () {
      yield Buffer.from(`${changed.join('\n')}\n`);
    };
    const deps = { anthropic: () => ({ ...api, results: async () => results() }) };
    expect(await stage.retrieve(batch, {}, deps)).toMatchObject({ rows: 2, succeeded: 2 });
    expect(await stage.finish()).toMatchObject({ counts: { succeeded: 2 }, cost: { requests: 2 } });
    expect(resultsText(stage.store, stage.job, 0)).toContain(`"input":${deep}}`);
  });

  test('a truncated row fails only its own document', async () => {
    const stage = await Stage.of({ simulator: quick, texts: ['a', 'b'] });
    await stage.retrieve(await bought(stage));
    const raw = keys.download({ job: stage.job, chunk: 0, round: 0 }, 0);
    const rows = stage.store.text(raw).trimEnd().split('\n');
    const broken = rows.map((row) =>
      row.includes('Echo of a') ? row.replace('"Echo of a', 'Echo of a') : row,
    );
    expect(broken).not.toEqual(rows);
    await stage.store.put(raw, `${broken.join('\n')}\n`);
    expect((await stage.finish()).counts).toMatchObject({ succeeded: 1, errored: 1 });
    expect(results(stage)).toMatchObject([
      {
        id: 'd-0',
        class: 'unreadable',
        error: { type: 'unreadable', message: expect.stringContaining('JSON') },
      },
      { id: 'd-1', class: 'succeeded' },
    ]);
  });

  test('a canceled chunk keeps finished answers, and reports the rest as not sent', async () => {
    const texts = ['a', '[[sim:canceled]]', '[[sim:expired]]'];
    const stage = await Stage.of({ simulator: quick, texts });
    await stage.retrieve(await bought(stage), { retry: false });
    expect((await stage.finish({ canceled: true })).counts).toMatchObject({
      succeeded: 1,
      canceled: 1,
      expired: 1,
    });
    expect(results(stage).map((row) => [row.status, row.class])).toEqual([
      ['succeeded', 'succeeded'],
      ['canceled', 'not_sent'],
      ['expired', 'transient'],
    ]);
  });

  test('a chunk that was never sent reports the reason for every document', async () => {
    const stage = await Stage.of({ texts: ['a', 'b'] });
    const summary = await stage.finish({ failure: 'The key is wrong.' });
    expect(summary).toMatchObject({ documents: 2, batches: [], rounds: 0, failure: 'The key is wrong.' });
    const error = { type: 'canceled', message: 'The job was canceled.' };
    expect(results(stage)).toMatchObject([
      { id: 'd-0', status: 'not_sent', error },
      { id: 'd-1', status: 'not_sent', error },
    ]);
  });

  test('a document that an unidentified batch may contain is not reported as unsent', async () => {
    const stage = await Stage.of();
    await stage.committed();
    expect(await stage.finish()).toMatchObject({ batches: [], rounds: 0, counts: { errored: 3 } });
  });
});

describe('a round whose results are gone', () => {
  const texts = ['a', null, 'b', '[[sim:overloaded_error:times=1]]'];
  const reason: Failed = { code: 'failed', type: 'anthropic.BatchGone', message: 'It was deleted.' };

  const writeOff = (stage: Stage, batch: string, { round = 0, resend = false } = {}) =>
    environment().run(stage.worker().anthropicWriteOff, { ...stage.round(round), batch, reason, resend });

  /** A round whose batch was deleted at the API. */
  async function deleted(stage: Stage, round = 0): Promise<string> {
    const batch = await bought(stage, round);
    await stage.client().messages.batches.delete(batch);
    return batch;
  }

  test('is reported for each document, with its batch and the reason', async () => {
    const stage = await Stage.of({ simulator: quick, texts });
    const batch = await deleted(stage);
    expect(await writeOff(stage, batch)).toEqual({ outstanding: 0 });
    expect(await stage.finish()).toMatchObject({ counts: { errored: 3, not_sent: 1 }, batches: [batch] });
    const message = `The request was sent in the batch ${batch}, whose results are lost: ${reason.message}`;
    const lost = { status: 'errored', class: 'permanent', attempts: 1, batch_id: batch, custom_id: null };
    expect(results(stage)).toMatchObject([
      { id: 'd-0', ...lost, error: { type: 'results_unavailable', message } },
      { id: 'd-1', status: 'not_sent', attempts: 0, batch_id: null },
      { id: 'd-2', ...lost },
      { id: 'd-3', ...lost },
    ]);
    expect(stage.store.entries.has(keys.selection(stage.job, 0, 1))).toBe(false);
  });

  test('is resent whole with resendLostResults, and the later rounds decide', async () => {
    const stage = await Stage.of({ simulator: quick, texts });
    const first = await deleted(stage);
    expect(await writeOff(stage, first, { resend: true })).toEqual({ outstanding: 3 });
    expect(stage.store.text(keys.selection(stage.job, 0, 1))).toBe('0\n2\n3\n');
    const second = await bought(stage, 1);
    expect(await stage.retrieve(second, { round: 1 })).toMatchObject({ rows: 3, succeeded: 3 });
    const summary = await stage.finish();
    expect(summary).toMatchObject({ batches: [first, second], rounds: 2 });
    expect(results(stage).map(({ status, attempts, batch_id }) => [status, attempts, batch_id])).toEqual([
      ['succeeded', 2, second],
      ['not_sent', 0, null],
      ['succeeded', 2, second],
      ['succeeded', 2, second],
    ]);
  });

  test('keeps the selection of what is resent, although the API has the results again', async () => {
    const stage = await Stage.of({ simulator: quick, texts });
    const batch = await bought(stage);
    // A process that found the batch gone died after it had selected the requests.
    await putJson(stage.store, keys.writeOff(stage.job, 0, 0), { batch, reason, resend: true });
    await stage.store.put(keys.selection(stage.job, 0, 1), '0\n2\n3\n');
    expect(await writeOff(stage, batch, { resend: true })).toEqual({ outstanding: 3 });
  });

  test('is not lost if a process that found it gone was frozen until another one found it', async () => {
    const stage = await Stage.of({ simulator: quick, texts });
    const batch = await bought(stage);
    let isFrozen = false;
    const store = storeWith(stage.store, {
      put: async (key, ...rest) => {
        if (key === keys.writeOff(stage.job, 0, 0) && !isFrozen) {
          isFrozen = true;
          stage.simulator.faults.clear();
          expect(await writeOff(stage, batch, { resend: true })).toEqual({ outstanding: 0, there: true });
        }
        return stage.store.put(key, ...rest);
      },
    });
    stage.simulator.faults.set({ http: [{ endpoint: 'retrieve', kind: 'status', status: 404 }] });
    const { anthropicWriteOff } = stage.worker({ store });
    const input = { ...stage.round(), batch, reason, resend: true };
    expect(await environment().run(anthropicWriteOff, input)).toEqual({ outstanding: 0, there: true });
    expect(stage.store.entries.has(keys.lost(stage.job, 0, 0))).toBe(false);
    expect(stage.store.entries.has(keys.selection(stage.job, 0, 1))).toBe(false);
    // Its results may be lost later.
    await stage.client().messages.batches.delete(batch);
    expect(await writeOff(stage, batch, { resend: true })).toEqual({ outstanding: 3 });
  });

  test('is not lost if its results were downloaded before', async () => {
    const stage = await Stage.of({ simulator: quick, texts });
    const batch = await bought(stage);
    await stage.retrieve(batch);
    expect(await writeOff(stage, batch, { resend: true })).toEqual({ outstanding: 0, home: true });
    expect(await stage.finish()).toMatchObject({ counts: { succeeded: 2, errored: 1 } });
  });

  test('is not written off by a key that is not known to reach its workspace', async () => {
    const apiKeys = { mine: 'one', theirs: 'two' };
    const stage = await Stage.of({ simulator: { ...quick, apiKeys }, texts, apiKey: 'mine' });
    const batch = await bought(stage);
    const foreign = batchesApi(stage.client('theirs'));
    const { anthropicWriteOff } = stage.worker({ anthropic: () => foreign });
    const input = { ...stage.round(), batch, reason, resend: true };
    await expect(environment().run(anthropicWriteOff, input)).rejects.toMatchObject({
      type: 'anthropic.Authentication',
      nonRetryable: false,
      message: expect.stringContaining(batch),
    });
    expect(stage.store.entries.has(keys.lost(stage.job, 0, 0))).toBe(false);
    expect(stage.store.entries.has(keys.selection(stage.job, 0, 1))).toBe(false);
  });

  test.each([
    ['runs', { duration: 60_000 }],
    ['has ended', quick],
  ])('is not written off once the key that reaches its batch is back: it %s', async (_, simulator) => {
    const stage = await Stage.of({ simulator, texts });
    const batch = await bought(stage);
    expect(await writeOff(stage, batch, { resend: true })).toEqual({ outstanding: 0, there: true });
    expect(stage.store.entries.has(keys.lost(stage.job, 0, 0))).toBe(false);
    expect(stage.store.entries.has(keys.selection(stage.job, 0, 1))).toBe(false);
  });

  test.each<[string, number, HttpFault[]]>([
    ['is archived', 30 * 24 * 3_600_000, []],
    ['never gives them', 0, [{ endpoint: 'results', kind: 'status', status: 404 }]],
  ])('is written off although the API has its batch, which %s', async (_, later, http) => {
    const stage = await Stage.of({ simulator: quick, texts });
    const batch = await bought(stage);
    stage.simulator.clock.advance(later);
    stage.simulator.faults.set({ http });
    expect(await writeOff(stage, batch)).toEqual({ outstanding: 0 });
    expect(stage.store.entries.has(keys.lost(stage.job, 0, 0))).toBe(true);
  });

  test('in part loses only the missing rows; a resend sends those and transient failures', async () => {
    const http = [{ endpoint: 'results', kind: 'odd-row', row: 'missing', times: null }] as HttpFault[];
    const stage = await Stage.of({ simulator: { ...quick, faults: { http } }, texts });
    const batch = await bought(stage);
    await failed(() => stage.retrieve(batch));
    const input = { ...stage.round(), batch, reason, resend: true, incomplete: true };
    expect(await environment().run(stage.worker().anthropicWriteOff, input)).toEqual({
      outstanding: 0,
      home: true,
    });
    const retrieve = { ...stage.round(), batch, retry: true, writtenOff: true, unpaid: false };
    const { anthropicRetrieve } = stage.worker();
    expect(await environment().run(anthropicRetrieve, retrieve)).toMatchObject({ rows: 2 });
    const summary = await stage.finish();
    expect(summary).toMatchObject({ odd: { missing: 1 }, cost: { unknown: 1 } });
    const lost = results(stage).filter(({ error }) => error?.type === 'results_unavailable');
    expect(lost).toMatchObject([
      { batch_id: batch, error: { message: expect.stringContaining(reason.message) } },
    ]);

    // As after a Reset: results that were written off are requested once more before they are paid for again.
    stage.store.entries.delete(keys.selection(stage.job, 0, 1));
    expect(await stage.submit()).toEqual({ kind: 'bought', batch, createdAt: expect.any(String) });
    stage.simulator.faults.clear();
    expect(await stage.retrieve(batch)).toMatchObject({ rows: 3 });
    expect((await stage.finish()).odd).toBeUndefined();
  });

  test('if it is a later round, loses only its own requests', async () => {
    const stage = await Stage.of({ simulator: quick, texts });
    const first = await bought(stage);
    await stage.retrieve(first);
    const second = await deleted(stage, 1);
    await writeOff(stage, second, { round: 1, resend: true });
    expect(stage.store.text(keys.selection(stage.job, 0, 2))).toBe('3\n');
    await stage.finish();
    expect(results(stage).map(({ status, attempts, batch_id }) => [status, attempts, batch_id])).toEqual([
      ['succeeded', 1, first],
      ['not_sent', 0, null],
      ['succeeded', 1, first],
      ['errored', 2, second],
    ]);
  });
});

describe('a step that is canceled or whose worker shuts down', () => {
  /** Runs a step and cancels it as it opens a key that contains `key`. */
  function canceledAt<I, O>(stage: Stage, key: string, step: (input: I) => Promise<O>, input: I) {
    const running = environment();
    const open = stage.store.open.bind(stage.store);
    stage.store.open = (opened, range) => {
      if (opened.includes(key)) running.cancel();
      return open(opened, range);
    };
    return running.run(step, input);
  }

  test('stops joining a chunk, and leaves no results', async () => {
    const stage = await Stage.of({ simulator: quick });
    await stage.retrieve(await bought(stage));
    const { anthropicFinishChunk } = stage.worker();
    const input = { job: stage.job, chunk: 0, canceled: false, unsent: { type: 'x', message: 'x' } };
    for (const key of ['/rounds/00/downloads/000.jsonl', '/documents.jsonl']) {
      await expect(canceledAt(stage, key, anthropicFinishChunk, input)).rejects.toThrow(CancelledFailure);
      expect(stage.store.entries.has(keys.results(stage.job, 0))).toBe(false);
    }
  });

  test('stops closing a job, and leaves no summary', async () => {
    const stage = await Stage.of();
    await stage.finish();
    const { anthropicFinishJob } = stage.worker();
    const input = { job: stage.job, state: 'completed' as const, chunks: 1, documents: 3 };
    await expect(canceledAt(stage, '/summary.json', anthropicFinishJob, input)).rejects.toThrow(
      CancelledFailure,
    );
    expect(stage.store.entries.has(keys.summary(stage.job))).toBe(false);
  });
});

describe('closing a job', () => {
  const closing: StageOptions = { simulator: quick };
  const finishJob = (stage: Stage, more: object = {}): Promise<JobSummary> =>
    environment().run(stage.worker().anthropicFinishJob, {
      job: stage.job,
      state: 'completed' as const,
      chunks: 1,
      documents: 3,
      ...more,
    });

  test('that ended before its plan was read again after a Reset keeps its earlier summary', async () => {
    const stage = await Stage.of(closing);
    await stage.retrieve(await bought(stage));
    await finishJob(stage, { state: 'failed', chunks: 0, documents: 0, failure: 'The key is wrong.' });
    expect(await stage.store.head(keys.summary(stage.job))).toBeUndefined();

    await stage.finish();
    await finishJob(stage);
    const standing = stage.store.text(keys.summary(stage.job));
    await finishJob(stage, { state: 'canceled', chunks: 0, documents: 0 });
    expect(stage.store.text(keys.summary(stage.job))).toBe(standing);
  });

  test('that was planned and never sent leaves a summary, although its chunks are closed', async () => {
    const stage = await Stage.of(closing);
    const read = stage.worker().anthropicReadPlan;
    const plan = await environment().run(read, { job: stage.job, from: 0 });
    expect(plan).toMatchObject({ begun: false, chunks: [{ documents: 3, requests: 3 }] });
    await finishJob(stage, { state: 'failed', chunks: 0, failure: 'It is gone.' });
    const summary = jobSummary(stage.store, stage.job);
    expect(summary).toMatchObject({ state: 'failed', failure: 'It is gone.' });
    expect(summary).not.toHaveProperty('results');
  });

  test('adds up its chunks', async () => {
    const stage = await Stage.of(closing);
    await stage.retrieve(await bought(stage));
    await stage.finish();
    const summary = await finishJob(stage);
    expect(summary).toMatchObject({
      state: 'completed',
      documents: 3,
      succeeded: 3,
      failed: 0,
      chunks: 1,
      batches: 1,
      rounds: 1,
      results: keys.allResults(stage.job),
      failures: [],
    });
    expect(jobSummary(stage.store, stage.job)).toEqual(JSON.parse(JSON.stringify(summary)));
  });

  test('reads the summaries of many chunks a few at a time', async () => {
    const stage = await Stage.of();
    const summary = await stage.finish({ failure: 'It went wrong.' });
    for (let chunk = 1; chunk < 40; chunk += 1) {
      await stage.store.put(keys.chunkSummary(stage.job, chunk), JSON.stringify({ ...summary, chunk }));
    }
    let reading = 0;
    let most = 0;
    const open = stage.store.open.bind(stage.store);
    stage.store.open = async (key) => {
      most = Math.max(most, ++reading);
      await new Promise(setImmediate);
      reading -= 1;
      return open(key);
    };
    const { counts, failures } = await finishJob(stage, { chunks: 40, documents: 120 });
    expect(counts.not_sent).toBe(120);
    expect(failures.map(({ chunk }) => chunk)).toEqual(Array.from({ length: 40 }, (_, chunk) => chunk));
    expect(most).toBe(16);
  });

  test('names the first hundred chunks that failed or could not be closed', async () => {
    const stage = await Stage.of(closing);
    await stage.finish({ failure: 'It went wrong.' });
    const summary = await finishJob(stage, { chunks: 150, state: 'failed', failure: 'All of it.' });
    expect(summary).toMatchObject({ state: 'failed', failure: 'All of it.', chunks: 150 });
    expect(summary.failures).toHaveLength(100);
    expect(summary.failures.slice(0, 2)).toEqual([
      { chunk: 0, message: 'It went wrong.' },
      { chunk: 1, message: 'The chunk has no summary in the store.' },
    ]);
  });
});

describe('poll and cancel', () => {
  const call = (stage: Stage, name: 'anthropicPoll' | 'anthropicCancel', batch: string) =>
    environment().run(stage.worker()[name] as (input: object) => Promise<unknown>, {
      ...stage.round(),
      batch,
    });

  test('a batch is in progress, then canceling, then ended; an ended batch needs no cancellation', async () => {
    const stage = await Stage.of({ simulator: { duration: 60_000, cancelDuration: 1_000 } });
    const batch = await bought(stage);
    expect(await call(stage, 'anthropicPoll', batch)).toEqual({ status: 'in_progress' });
    await call(stage, 'anthropicCancel', batch);
    await call(stage, 'anthropicCancel', batch);
    expect(await call(stage, 'anthropicPoll', batch)).toEqual({ status: 'canceling' });
    stage.simulator.clock.advance(1_000);
    expect(await call(stage, 'anthropicPoll', batch)).toEqual({ status: 'ended' });
    await call(stage, 'anthropicCancel', batch);
    expect(stage.simulator.calls().cancel).toBe(1);
  });

  test('a batch that the API does not have is reported by the type of the failure', async () => {
    const stage = await Stage.of();
    expect(await failed(() => call(stage, 'anthropicPoll', 'msgbatch_none'))).toMatchObject({
      type: 'anthropic.NotFound',
    });
  });

  test('a batch that the API does not have needs no cancellation', async () => {
    const stage = await Stage.of({ simulator: quick });
    await call(stage, 'anthropicCancel', 'msgbatch_none');
    const batch = await bought(stage);
    await stage.client().messages.batches.delete(batch);
    await call(stage, 'anthropicCancel', batch);
  });

  test('a batch that does not match what was sent is not canceled while it runs', async () => {
    const stage = await Stage.of({ simulator: { duration: 60_000 } });
    const batch = await bought(stage);
    const api = batchesApi(stage.client());
    const retrieve = async (id: string) => ({ ...(await api.retrieve(id)), size: 4 });
    const { anthropicCancel } = stage.worker({ anthropic: () => ({ ...api, retrieve }) });
    const cancel = () => environment().run(anthropicCancel, { ...stage.round(), batch });
    await expect(cancel()).rejects.toMatchObject({
      nonRetryable: false,
      message: expect.stringContaining(`${batch} is not canceled`),
    });
    expect(stage.simulator.calls().cancel).toBe(0);
    stage.simulator.clock.advance(60_000);
    await cancel();
  });

  test('a cancellation that the API accepts and does not begin is requested again', async () => {
    const stage = await Stage.of({ simulator: { duration: 60_000 } });
    const batch = await bought(stage);
    const api = batchesApi(stage.client());
    const { anthropicCancel } = stage.worker({
      anthropic: () => ({ ...api, cancel: (id) => api.retrieve(id) }),
    });
    await expect(environment().run(anthropicCancel, { ...stage.round(), batch })).rejects.toMatchObject({
      nonRetryable: false,
      message: expect.stringContaining('requested again'),
    });
    await call(stage, 'anthropicCancel', batch);
    expect(stage.simulator.calls().cancel).toBe(1);
  });

  test('a batch that a key of another workspace cannot see waits for a key that can', async () => {
    const simulator = { duration: 60_000, apiKeys: { mine: 'one', theirs: 'two' } };
    const stage = await Stage.of({ simulator, apiKey: 'mine' });
    const batch = await bought(stage);
    const foreign = batchesApi(stage.client('theirs'));
    const { anthropicCancel } = stage.worker({ anthropic: () => foreign });
    const input = { ...stage.round(), batch };
    await expect(environment().run(anthropicCancel, input)).rejects.toMatchObject({
      type: 'anthropic.Authentication',
      nonRetryable: false,
      message: expect.stringContaining(batch),
    });
    await call(stage, 'anthropicCancel', batch);
    expect(stage.simulator.calls().cancel).toBe(1);
  });
});
