import Anthropic from '@anthropic-ai/sdk';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { type Activities, type ActivityDeps, createActivities } from '../../../activities';
import { StepError } from '../../../activities/runtime/failure';
import { withFailureReport } from '../../../activities/runtime/report-failure';
import { batchesApi } from '../../../src/anthropic/batches';
import { FAILURE } from '../../../src/job/failure';
import { keys } from '../../../src/records/keys';
import { wholeMessage } from '../../../src/records/problems';
import { MemoryStore } from '../../support/memory-store';
import { always, failed } from '../anthropic/server';
import { environment, Stage } from './support';

const KEY = 'odd key/of+a=gateway';
const job = { id: 'j', instance: 'i', store: 's' };

/** Runs a step that throws. Returns the failure in Temporal and the report in the store. */
async function told(error: unknown, { url = 'http://127.0.0.1:1', store = new MemoryStore() } = {}) {
  const api = batchesApi(new Anthropic({ baseURL: url, apiKey: KEY, maxRetries: 0 }));
  const deps = {
    store,
    anthropic: () => api,
    builders: {},
    times: {} as never,
    notifyBudget: fail,
    isRunning: fail,
  };
  const step = () =>
    withFailureReport(deps, { job, chunk: 3 }, async () => {
      if (error === undefined) return api.list({ limit: 1 });
      throw error;
    });
  const failure = (await failed(() => environment().run(step))) as ApplicationFailure;
  const whole = await wholeMessage(store, { job, chunk: 3 }, failure.message);
  return { failure, whole, store };
}

/** Dependencies that all fail with a private message. */
const fail = () => {
  throw new Error('a text');
};
const failing = new Proxy({} as never, { get: () => fail });

const names = Object.keys(createActivities({} as ActivityDeps)) as (keyof Activities)[];

test.each(names)('%s sends no text of an error to Temporal', async (name) => {
  const deps = {
    store: failing,
    anthropic: fail,
    builders: {},
    times: {} as never,
    notifyBudget: fail,
    isRunning: fail,
  };
  const step = createActivities(deps)[name] as (input: object) => Promise<unknown>;
  const input = { job, chunk: 0, round: 0, batch: 'msgbatch_1', chunks: 1, times: {} };
  const failure = await failed(() => environment().run(step, input));
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ type: 'anthropic.Unexpected', cause: undefined });
  expect([(failure as Error).message, (failure as Error).stack].join('\n')).not.toContain('a text');
});

describe('an error of a step', () => {
  test('shows its public message, and keeps the full message in the folder of its chunk', async () => {
    const error = new StepError(FAILURE.inputInvalid, 'Document "d" is bad.', {
      publicMessage: 'Line 1 is bad.',
      final: true,
    });
    const { failure, whole, store } = await told(error);
    expect(failure).toMatchObject({
      message: 'Line 1 is bad.',
      type: 'anthropic.InputInvalid',
      nonRetryable: true,
      cause: undefined,
    });
    expect(failure.stack).not.toContain('Document');
    expect(whole).toBe('Document "d" is bad.');
    expect(failure.details).toEqual([{ wholeMessageInStore: [...store.entries.keys()][0] }]);
    expect([...store.entries.keys()][0]).toMatch(new RegExp(`^${keys.problem(job, 3, '[0-9a-f]{16}')}$`));
  });

  test('has its subtype in its details', async () => {
    const error = new StepError(FAILURE.billing, 'The API answered 402.', { subtype: 'billing_error' });
    expect((await told(error)).failure.details).toEqual([{ subtype: 'billing_error' }]);
  });

  test('leaves nothing in the store if the public message is complete', async () => {
    const { failure, store } = await told(
      new StepError(FAILURE.resultsIncomplete, 'Cut.', { retryAfter: 5_000 }),
    );
    expect(failure).toMatchObject({ message: 'Cut.', nonRetryable: false, nextRetryDelay: 5_000 });
    expect(failure.details ?? []).toEqual([]);
    expect(store.entries.size).toBe(0);
  });

  test.each([
    ['an unexpected error', new TypeError(`d-1: "a text"\n    at lies`, { cause: new Error('a text') })],
    ['an error with a name of its own', Object.assign(new Error('a text'), { name: 'a text' })],
    ['a thrown value that is not an error', 'a text'],
  ])('shows only the location of %s', async (_, error) => {
    const { failure, whole } = await told(error);
    expect(failure).toMatchObject({ type: 'anthropic.Unexpected', nonRetryable: false, cause: undefined });
    expect(failure.message).toMatch(/^An unexpected error \((TypeError|Error|string)\)\./);
    expect(failure.stack).not.toMatch(/a text|lies/);
    if (error instanceof Error) expect(failure.stack).toContain('report-failure.test.ts');
    expect(whole).toContain('a text');
  });

  test.each([
    ['a TypeError', new TypeError('x is not a function'), true],
    ['a RangeError', new RangeError('Maximum call stack size exceeded'), true],
    ['a SyntaxError', new SyntaxError('Unexpected token'), true],
    ['a ReferenceError', new ReferenceError('x is not defined'), true],
    [
      "fetch's TypeError for a broken network",
      new TypeError('fetch failed', { cause: new Error('ECONNRESET') }),
      false,
    ],
    ['insufficient memory', new RangeError('Array buffer allocation failed'), false],
    ['another error', new Error('a text'), false],
  ])('is retried only if that may help: %s', async (_, error, final) => {
    const { failure } = await told(error);
    expect(failure).toMatchObject({ type: 'anthropic.Unexpected', nonRetryable: final });
    expect(failure.message.includes('It would fail again, so it is not retried.')).toBe(final);
  });

  test('shows the status and type of an API error, and keeps the rest without the key', async () => {
    const error = { type: 'error', error: { type: 'invalid_request_error', message: `Bad prompt. ${KEY}` } };
    const { failure, whole } = await told(undefined, { url: await always(400, error) });
    expect(failure).toMatchObject({
      message: 'The Anthropic API answered 400 invalid_request_error.',
      cause: undefined,
    });
    expect(whole).toBe('The Anthropic API answered 400 invalid_request_error: Bad prompt. [hidden]');
  });

  test('is reported also if the store fails', async () => {
    const store = new MemoryStore();
    store.put = async () => {
      throw new Error('full');
    };
    const error = new StepError(FAILURE.inputInvalid, 'Whole.', { publicMessage: 'Public.' });
    expect((await told(error, { store })).failure.message).toBe('Public.');
  });

  test('stays unchanged if it reports the cancellation of the step', async () => {
    const canceled = new CancelledFailure('CANCELLED');
    expect((await told(canceled)).failure).toBe(canceled);
  });
});

describe('a step that reads a damaged value of the store', () => {
  const readPlan = (stage: Stage) =>
    failed(() => environment().run(stage.worker().anthropicReadPlan, { job: stage.job, from: 0 }));

  test('fails at once and names the file that it was reading', async () => {
    const stage = await Stage.of();
    const key = keys.documents(stage.job, 0);
    await stage.store.put(key, '{"id":"d-0","line":1}\n{"id":"d-\n');
    const failure = (await failed(() => stage.finish())) as ApplicationFailure;
    expect(failure).toMatchObject({
      type: 'anthropic.Unexpected',
      nonRetryable: true,
      message: expect.stringContaining(`(SyntaxError) while the step read ${key}.`),
    });
    expect(await wholeMessage(stage.store, stage.round(), failure.message)).toMatch(
      /JSON.* while the step read/,
    );
  });

  test('fails at once and names the value that is not JSON', async () => {
    const stage = await Stage.of();
    const key = keys.spec(stage.job);
    await stage.store.put(key, '{"version":1,');
    expect(await readPlan(stage)).toMatchObject({
      type: 'anthropic.StoreDamaged',
      nonRetryable: true,
      message: expect.stringContaining(`The key ${key} in the store memory is damaged: it is not JSON.`),
    });
  });

  test('fails at once and names the value that lacks a field', async () => {
    const stage = await Stage.of();
    const key = keys.documents(stage.job, 0);
    await stage.store.put(key, 'null\n');
    expect(await failed(() => stage.finish())).toMatchObject({
      type: 'anthropic.Unexpected',
      nonRetryable: true,
      message: expect.stringContaining(`(TypeError) while the step read ${key}.`),
    });
  });
});
