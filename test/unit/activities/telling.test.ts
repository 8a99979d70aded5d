import Anthropic from '@anthropic-ai/sdk';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { type Activities, type ActivityDeps, createActivities } from '../../../activities';
import { StepError } from '../../../activities/failure';
import { telling } from '../../../activities/telling';
import { batchesApi } from '../../../src/anthropic/batches';
import { FAILURE } from '../../../src/job/failure';
import { keys } from '../../../src/store/keys';
import { wholeMessage } from '../../../src/store/problems';
import { MemoryStore } from '../../support/memory-store';
import { always, failed } from '../anthropic/server';
import { environment } from './support';

const KEY = 'odd key/of+a=gateway';
const job = { id: 'j', instance: 'i', store: 's' };

/** What a step that throws leaves behind: in Temporal, and in the store. */
async function told(error: unknown, { url = 'http://127.0.0.1:1', store = new MemoryStore() } = {}) {
  const api = batchesApi(new Anthropic({ baseURL: url, apiKey: KEY, maxRetries: 0 }));
  const deps = { store, anthropic: () => api, builders: {}, times: {} as never };
  const step = () =>
    telling(deps, { job, chunk: 3 }, async () => {
      if (error === undefined) return api.list({ limit: 1 });
      throw error;
    });
  const failure = (await failed(() => environment().run(step))) as ApplicationFailure;
  const whole = await wholeMessage(store, { job, chunk: 3 }, failure.message);
  return { failure, whole, store };
}

/** Everything that a step asks fails, and says something private. */
const fail = () => {
  throw new Error('a text');
};
const failing = new Proxy({} as never, { get: () => fail });

const names = Object.keys(createActivities({} as ActivityDeps)) as (keyof Activities)[];

test.each(names)('%s tells Temporal nothing of the words of an error', async (name) => {
  const deps = { store: failing, anthropic: fail, builders: {}, times: {} as never };
  const step = createActivities(deps)[name] as (input: object) => Promise<unknown>;
  const input = { job, chunk: 0, round: 0, batch: 'msgbatch_1', chunks: 1, times: {} };
  const failure = await failed(() => environment().run(step, input));
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ type: 'anthropic.Unexpected', cause: undefined });
  expect([(failure as Error).message, (failure as Error).stack].join('\n')).not.toContain('a text');
});

describe('what a step throws', () => {
  test('shows its public message, and keeps the whole one in the folder of its chunk', async () => {
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

  test('leaves nothing in the store where there is no more to tell', async () => {
    const { failure, store } = await told(new StepError(FAILURE.resultsCut, 'Cut.', { retryAfter: 5_000 }));
    expect(failure).toMatchObject({ message: 'Cut.', nonRetryable: false, nextRetryDelay: 5_000 });
    expect(failure.details ?? []).toEqual([]);
    expect(store.entries.size).toBe(0);
  });

  test.each([
    [
      'an error that nobody foresaw',
      new TypeError(`d-1: "a text"\n    at lies`, { cause: new Error('a text') }),
    ],
    ['an error with a name of its own', Object.assign(new Error('a text'), { name: 'a text' })],
    ['something that is no error', 'a text'],
  ])('shows nothing of %s but where it arose', async (_, error) => {
    const { failure, whole } = await told(error);
    expect(failure).toMatchObject({ type: 'anthropic.Unexpected', nonRetryable: false, cause: undefined });
    expect(failure.message).toMatch(/^An error that was not foreseen \((TypeError|Error|string)\)\./);
    expect(failure.stack).not.toMatch(/a text|lies/);
    if (error instanceof Error) expect(failure.stack).toContain('telling.test.ts');
    expect(whole).toContain('a text');
  });

  test('shows status and type of what the API says, and keeps the rest without the key', async () => {
    const error = { type: 'error', error: { type: 'invalid_request_error', message: `Bad prompt. ${KEY}` } };
    const { failure, whole } = await told(undefined, { url: await always(400, error) });
    expect(failure).toMatchObject({
      message: 'The Anthropic API answered 400 invalid_request_error.',
      cause: undefined,
    });
    expect(whole).toBe('The Anthropic API answered 400 invalid_request_error: Bad prompt. [hidden]');
  });

  test('is told also when the store does not take the rest', async () => {
    const store = new MemoryStore();
    store.put = async () => {
      throw new Error('full');
    };
    const error = new StepError(FAILURE.inputInvalid, 'Whole.', { publicMessage: 'Public.' });
    expect((await told(error, { store })).failure.message).toBe('Public.');
  });

  test('is left as it is where it is the word that the step was canceled', async () => {
    const canceled = new CancelledFailure('CANCELLED');
    expect((await told(canceled)).failure).toBe(canceled);
  });
});
