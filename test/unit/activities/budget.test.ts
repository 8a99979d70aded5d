import { expect, test } from 'vitest';
import { settleChunk } from '../../../activities/budget/budget';
import type { ActivityDeps } from '../../../activities/runtime/deps';
import type { FaultPoint } from '../../../activities/runtime/fault-points';
import { type ChunkWorstCase, mostOf } from '../../../src/cost/estimate/worst-case';
import { parseUsd, usdString } from '../../../src/cost/prices/usd';
import type { JobWorstCase } from '../../../src/job/activity-types';
import { AccountBook } from '../../../src/records/account';
import { budgetOfStore, setStoreBudget } from '../../../src/records/budgets';
import { recordRequest } from '../../../src/records/control';
import { keys } from '../../../src/records/keys';
import { removeJob } from '../../../src/records/removal';
import { readJson } from '../../../src/store/json';
import { storeWith } from '../../support/store-with';
import { paramsOf } from '../../support/template';
import { environment, failed, Stage, type StageOptions } from './support';

const quote = (stage: Stage, chunks = 1): Promise<JobWorstCase> =>
  environment().run(stage.worker().anthropicWorstCase, { job: stage.job, chunks });

const reserved = async (stage: Stage, book = keys.jobBook(stage.job)) =>
  [...(await new AccountBook(stage.store, book).read()).reserved.values()].map(({ amount }) =>
    usdString(amount),
  );

/**
 * The worst case of the stage's chunk: three requests of one letter and 100 tokens of claude-haiku-5-5, half
 * price.
 */
const worstOf = async (options?: StageOptions) => (await quote(await Stage.of(options))).worst;

test('the worst case is the cost of the requests with their maximum output, by the API’s token counts', async () => {
  const stage = await Stage.of({ texts: ['a', null, 'c'] });
  const tokens = await stage.client().messages.countTokens({
    model: 'claude-haiku-5-5',
    messages: [{ role: 'user', content: 'a' }],
  });
  // USD per million tokens: input 0.05, output 0.25 in a batch; in pico-USD a token 50,000 and 250,000.
  const each = BigInt(tokens.input_tokens) * 50_000n + 100n * 250_000n;
  expect(await quote(stage)).toEqual({ requests: 2, worst: usdString(2n * each) });
  expect(await readJson(stage.store, keys.chunkQuote(stage.job, 0))).toEqual({
    requests: 2,
    batch: usdString(2n * each),
    dearest: usdString(each),
  });
});

test('a granted reservation stays granted in any later state of the account', async () => {
  const stage = await Stage.of({ spec: { maxUsd: await worstOf() } });
  const first = await quote(stage);
  await stage.submit();
  expect(await quote(stage)).toEqual(first);
});

test('a model without a price, and a prompt that cannot be counted, are reported before anything is sent', async () => {
  const stage = await Stage.of({ spec: { maxUsd: '1' } });
  const row = JSON.stringify({ ...paramsOf('a'), model: 'claude-unknown' });
  await stage.store.put(keys.requests(stage.job, 0), `${row}\n${row}\n${row}\n`);
  expect(await failed(() => quote(stage))).toMatchObject({
    type: 'anthropic.Unpriced',
    nonRetryable: true,
    message: expect.stringMatching(/no price for the model "claude-unknown".*--prices FILE/s),
  });

  const refusing = await Stage.of({
    spec: { maxUsd: '1' },
    simulator: { faults: { http: [{ kind: 'status', endpoint: 'count_tokens', status: 400 }] } },
  });
  expect(await failed(() => quote(refusing))).toMatchObject({
    type: 'anthropic.Unpriced',
    nonRetryable: true,
    message: expect.stringMatching(/does not count the tokens of a document.*without a budget/s),
  });
});

test('a round that exceeds the budget is not sent and leaves nothing in the ledger; with enough budget it is sent once', async () => {
  const worst = parseUsd(await worstOf())!;
  const stage = await Stage.of({ spec: { maxUsd: usdString(worst - 1n), onBudget: 'end' } });
  expect(await stage.submit()).toMatchObject({
    kind: 'notSent',
    why: { code: 'overBudget', reason: { fit: 'full' } },
  });
  expect(await stage.ledger().read()).toEqual([]);
  expect(await reserved(stage)).toEqual([]);

  await raise(stage, usdString(worst));
  expect(await stage.submit()).toMatchObject({ kind: 'bought' });
  expect(await reserved(stage)).toEqual([usdString(worst)]);
  // A repetition, as after a Reset, reserves nothing more.
  expect(await stage.submit()).toMatchObject({ kind: 'bought' });
  expect(await reserved(stage)).toEqual([usdString(worst)]);
});

test('a closed chunk costs what was billed; lost answers count with their maximum cost', async () => {
  const stage = await Stage.of({ spec: { maxUsd: '1' } });
  await stage.submit();
  await settleChunk(stage.deps(), stage.round(), { paid: '0.25', unknown: 2 }, { asked: Date.now() });
  const quoted = await readJson<{ dearest: string }>(stage.store, keys.chunkQuote(stage.job, 0));
  const spent = parseUsd('0.25')! + 2n * parseUsd(quoted.dearest)!;
  const book = new AccountBook(stage.store, keys.jobBook(stage.job));
  expect(await book.read()).toEqual({ spent, reserved: new Map() });
  await settleChunk(stage.deps(), stage.round(), { paid: '0.25' }, { asked: Date.now() });
  expect((await book.read()).spent).toBe(spent);
});

test('a round that pays again for lost answers needs enough budget for them too', async () => {
  const worst = parseUsd(await worstOf())!;
  const stage = await Stage.of({
    spec: { maxUsd: usdString(2n * worst - 1n), onBudget: 'wait', resendLostResults: true },
  });
  await stage.submit();
  await stage.store.put(keys.lost(stage.job, 0, 0), '{}\n');
  await stage.store.put(keys.selection(stage.job, 0, 1), '0\n1\n2\n');
  expect(await stage.submit({}, 1)).toMatchObject({
    kind: 'notSent',
    why: { code: 'overBudget', reason: { fit: 'full' } },
  });
  await raise(stage, usdString(2n * worst));
  expect(await stage.submit({}, 1)).toMatchObject({ kind: 'bought' });
});

test('a round with attempts presumed lost keeps their worst case reserved until its chunk ends', async () => {
  const worst = parseUsd(await worstOf())!;
  const spec = { maxUsd: usdString(3n * worst - 1n), onBudget: 'wait' } as const;
  const stage = await Stage.of({ spec });
  for (const attempt of [0, 1]) {
    await stage.committed(attempt);
    await stage.ledger().close(attempt, { outcome: 'presumed-lost' });
  }
  expect(await stage.submit()).toMatchObject({
    kind: 'notSent',
    why: { code: 'overBudget', reason: { fit: 'full' } },
  });
  await raise(stage, usdString(3n * worst));
  const sent = await stage.submit();
  expect(sent).toMatchObject({ kind: 'bought' });
  expect(await reserved(stage)).toEqual([usdString(3n * worst)]);
  // A later round of one request, with an attempt of its own that was presumed lost.
  const { dearest } = await readJson<{ dearest: string }>(stage.store, keys.chunkQuote(stage.job, 0));
  await stage.store.put(keys.selection(stage.job, 0, 1), '0\n');
  const intent = await stage
    .ledger()
    .read()
    .then(([first]) => first!.intent!);
  await stage.ledger(1).intend(0, { ...intent, count: 1 });
  await stage.ledger(1).close(0, { outcome: 'presumed-lost' });
  await raise(stage, '1.00');
  expect(await stage.submit({}, 1)).toMatchObject({ kind: 'bought' });
  expect(await reserved(stage)).toEqual([usdString(3n * worst + parseUsd(dearest)!)]);
  await settleChunk(stage.deps(), stage.round(), { paid: '0.25', unknown: 0 }, { asked: Date.now() });
  expect(await reserved(stage)).toEqual([]);
});

test('live requests need enough budget for their full price', async () => {
  const worst = parseUsd(await worstOf())!;
  const spec = { maxUsd: usdString(2n * worst - 1n), onBudget: 'end', liveBelow: 4 } as const;
  const stage = await Stage.of({ spec });
  const send = () => environment().run(stage.worker().anthropicSendLive, stage.sending());
  expect(await send()).toMatchObject({
    kind: 'notSent',
    why: { code: 'overBudget', reason: { fit: 'full' } },
  });
  expect(await stage.ledger().read()).toEqual([]);
  await raise(stage, usdString(2n * worst));
  expect(await send()).toEqual({ kind: 'answered' });
  const { cost } = await stage.finish();
  const book = new AccountBook(stage.store, keys.jobBook(stage.job));
  expect(await book.read()).toEqual({ spent: parseUsd(cost!.paid), reserved: new Map() });
  expect(cost!.paid).toBe(cost!.standard);
});

test('a live round that ends without its answers counts with the most that live calls can have cost', async () => {
  const stage = await Stage.of({ spec: { maxUsd: '1', liveBelow: 4 } });
  const { anthropicSendLive } = stage.worker(dying('live/answered'));
  await expect(environment().run(anthropicSendLive, stage.sending())).rejects.toThrow('unexpected error');
  await stage.finish({ canceled: true });
  const worst = await readJson<ChunkWorstCase>(stage.store, keys.chunkQuote(stage.job, 0));
  const book = new AccountBook(stage.store, keys.jobBook(stage.job));
  expect(await book.read()).toEqual({ spent: mostOf(worst, 3, true), reserved: new Map() });
});

test('a new budget of the store applies to jobs that began before it', async () => {
  const worst = parseUsd(await worstOf())!;
  const stage = await Stage.of();
  await setStoreBudget(stage.store, { per: 'day', maxUsd: usdString(worst - 1n) });
  expect(await stage.submit()).toMatchObject({
    kind: 'notSent',
    why: {
      code: 'overBudget',
      reason: {
        code: 'overBudget',
        fit: 'full',
        budget: expect.stringMatching(/^day \d{4}-\d\d-\d\d$/),
        maxUsd: usdString(worst - 1n),
        spent: '0.00',
        reserved: '0.00',
        worst: usdString(worst),
      },
    },
  });
  await setStoreBudget(stage.store, { per: 'day', maxUsd: usdString(worst) });
  expect(await stage.submit()).toMatchObject({ kind: 'bought' });
});

test('a job that the budget of the store does not cover is not advised to raise its own', async () => {
  const stage = await Stage.of();
  await setStoreBudget(stage.store, { per: 'day', maxUsd: '0.000001' });
  expect(await failed(() => quote(stage))).toMatchObject({
    type: 'anthropic.OverBudget',
    message: expect.stringContaining('Raise it (anthropic-batch budget --per PERIOD --max-usd USD)'),
  });
});

test('a chunk that continues after it was closed, as after a Reset, counts its earlier cost once', async () => {
  const stage = await Stage.of({ spec: { maxUsd: '1' } });
  await stage.submit();
  await settleChunk(stage.deps(), stage.round(), { paid: '0.25' }, { asked: Date.now() });
  await stage.store.put(keys.selection(stage.job, 0, 1), '0\n');
  expect(await stage.submit({}, 1)).toMatchObject({ kind: 'bought' });
  expect(await reserved(stage)).toHaveLength(1);
  await settleChunk(stage.deps(), stage.round(1), { paid: '0.40' }, { asked: Date.now() });
  const account = await new AccountBook(stage.store, keys.jobBook(stage.job)).read();
  expect(account).toEqual({ spent: parseUsd('0.40'), reserved: new Map() });
});

test('a chunk whose later end cost less than its earlier one counts what it cost, however often it goes on', async () => {
  const stage = await Stage.of({ spec: { maxUsd: '1' } });
  const book = new AccountBook(stage.store, keys.jobBook(stage.job));
  await stage.submit();
  await settleChunk(stage.deps(), stage.round(), { paid: '0.00', unknown: 3 }, { asked: Date.now() });
  for (const [round, paid] of [
    [1, '0.00001'],
    [2, '0.00002'],
    [3, '0.00003'],
  ] as const) {
    await stage.store.put(keys.selection(stage.job, 0, round), '0\n1\n2\n');
    expect(await stage.submit({}, round)).toMatchObject({ kind: 'bought' });
    await settleChunk(stage.deps(), stage.round(round), { paid }, { asked: Date.now() });
    expect(await book.read()).toEqual({ spent: parseUsd(paid), reserved: new Map() });
  }
});

test('answers without a price count with their maximum cost too', async () => {
  const stage = await Stage.of({ spec: { maxUsd: '1' } });
  await stage.submit();
  await settleChunk(stage.deps(), stage.round(), { paid: '0.00', unpriced: 3 }, { asked: Date.now() });
  const { batch } = await readJson<{ batch: string }>(stage.store, keys.chunkQuote(stage.job, 0));
  const account = await new AccountBook(stage.store, keys.jobBook(stage.job)).read();
  expect(usdString(account.spent)).toBe(batch);
});

/** A process that dies at a point. */
const dying = (at: FaultPoint): Partial<ActivityDeps> => ({
  points: {
    reach(point) {
      if (point === at) throw new Error('It died.');
    },
  },
});

test('the reservation of a chunk is released even if the worker that closed it died first', async () => {
  const stage = await Stage.of({ spec: { maxUsd: '1' } });
  await expect(stage.submit(dying('submit/before-intent'))).rejects.toThrow('unexpected error');
  const finish = (deps = {}) =>
    environment().run(stage.worker(deps).anthropicFinishChunk, {
      ...{ job: stage.job, chunk: 0, canceled: false, keep: true },
      unsent: { type: 'not_sent', message: 'It was never sent.' },
    });
  await expect(finish(dying('finish-chunk/summary-written'))).rejects.toThrow('unexpected error');
  expect(await reserved(stage)).toHaveLength(1);
  await finish();
  expect(await reserved(stage)).toEqual([]);
});

test('a reconciliation of a job that sent nothing releases its reservations', async () => {
  const stage = await Stage.of({ spec: { maxUsd: '1' } });
  await expect(stage.submit(dying('submit/before-intent'))).rejects.toThrow('unexpected error');
  expect(await reserved(stage)).toHaveLength(1);
  await environment(2).run(stage.worker().anthropicReadPlan, { job: stage.job, from: 0 });
  expect(await reserved(stage)).toEqual([]);
});

test('a process that was frozen until its job was deleted reserves nothing', async () => {
  const stage = await Stage.of();
  await setStoreBudget(stage.store, { per: 'month', maxUsd: '1' });
  const store = storeWith(stage.store, {
    put: async (key, ...rest) => {
      await stage.store.put(key, ...rest);
      if (key.includes('/books/')) await removeJob(stage.store, stage.job);
    },
  });
  await stage.submit({ store }).catch(() => {});
  const { book } = (await budgetOfStore(stage.store))!;
  expect(await new AccountBook(stage.store, book).read()).toEqual({ spent: 0n, reserved: new Map() });
});

const raise = (stage: Stage, maxUsd: string) =>
  recordRequest(stage.store, stage.job, { kind: 'raise budget', maxUsd }, () => {});
