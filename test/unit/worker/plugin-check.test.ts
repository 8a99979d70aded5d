import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test, vi } from 'vitest';
import { AnthropicBatchPlugin, type AnthropicBatchPluginOptions } from '../../../src/plugin';
import { StoreError } from '../../../src/store/store';
import { MemoryStore } from '../../support/memory-store';

// The plugin resolves the workflows through Node. In the package they are JavaScript; here Node must resolve
// `.ts` too.
vi.hoisted(() => {
  require.extensions['.ts'] = require.extensions['.js'];
});

const LIST = { data: [], has_more: false, first_id: null, last_id: null };

const refusal = (status: number, type: string, message = 'No.') =>
  Response.json({ type: 'error', error: { type, message } }, { status });

/** A client whose every call gets this answer. */
const answering = (answer: () => Response | Promise<Response>, apiKey: string | null = 'sk-ant-SECRET') =>
  new Anthropic({ apiKey, authToken: null, baseURL: 'http://127.0.0.1:9', fetch: async () => answer() });

const check = (options: Partial<AnthropicBatchPluginOptions> = {}) =>
  new AnthropicBatchPlugin({
    store: new MemoryStore(),
    anthropic: answering(() => Response.json(LIST, { headers: { date: new Date().toUTCString() } })),
    ...options,
  }).check();

class BrokenStore extends MemoryStore {
  override async put(key: string): Promise<never> {
    throw new StoreError(`Could not write ${key}.`, key);
  }
  // biome-ignore lint/correctness/useYield: it fails before its first entry
  override async *list(): AsyncGenerator<never> {
    throw new StoreError('Could not list the root.', '');
  }
}

describe('the check of a worker', () => {
  test('is ok if key and store work', async () => {
    const ok = { state: 'ok' };
    expect(await check()).toEqual({ ok: true, api: ok, store: ok });
    expect(await check({ inputs: new MemoryStore() })).toEqual({ ok: true, api: ok, store: ok, inputs: ok });
  });

  test.each([
    [401, 'authentication_error'],
    [403, 'permission_error'],
  ])('fails on %i', async (status, type) => {
    const found = await check({
      anthropic: answering(() => refusal(status, type, 'sk-ant-SECRET is a bad key, PRIVATE')),
    });
    expect(found).toMatchObject({
      ok: false,
      api: { state: 'failed', problem: expect.stringContaining(`answered ${status} ${type}`) },
      store: { state: 'ok' },
    });
    expect(JSON.stringify(found)).not.toMatch(/SECRET|PRIVATE/);
  });

  test('fails without a key', async () => {
    expect(await check({ anthropic: answering(() => Response.json(LIST), null) })).toMatchObject({
      ok: false,
      api: { state: 'failed', problem: expect.stringContaining('Set ANTHROPIC_API_KEY') },
    });
  });

  test.each([
    ['cannot be reached', () => Promise.reject(Object.assign(new Error('no'), { code: 'ECONNREFUSED' }))],
    ['answers 500', () => refusal(500, 'api_error')],
    ['is overloaded', () => refusal(529, 'overloaded_error')],
    ['is at a limit', () => refusal(429, 'rate_limit_error')],
    ['has no credit for the account', () => refusal(402, 'billing_error')],
  ])('is degraded if the API %s, which may be temporary', async (_, answer) => {
    expect(await check({ anthropic: answering(answer) })).toMatchObject({
      ok: true,
      api: { state: 'degraded', problem: expect.stringMatching(/^The Anthropic API /) },
    });
  });

  test('is degraded if the API does not answer', async () => {
    vi.useFakeTimers();
    try {
      const found = check({ anthropic: answering(() => new Promise<Response>(() => {})) });
      await vi.advanceTimersByTimeAsync(20_000);
      expect(await found).toMatchObject({
        ok: true,
        api: { state: 'degraded', problem: expect.stringContaining('within 20 s') },
      });
    } finally {
      vi.useRealTimers();
    }
  });

  test('fails if the store or the folder of inputs does not work', async () => {
    expect(await check({ store: new BrokenStore() })).toMatchObject({
      ok: false,
      api: { state: 'ok' },
      store: { state: 'failed', problem: 'Could not write store.json.' },
    });
    expect(await check({ inputs: new BrokenStore() })).toMatchObject({
      ok: false,
      store: { state: 'ok' },
      inputs: { state: 'failed', problem: '`inputs` cannot be read: Could not list the root.' },
    });
  });
});
