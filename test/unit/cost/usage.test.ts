import { describe, expect, test } from 'vitest';
import { readUsage } from '../../../src/cost/prices/usage';

const NONE = { input: 0, output: 0, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0 };
const read = (usage: unknown, model: unknown = 'm') => readUsage({ model, usage });

describe('the usage of an answer', () => {
  test('has a column for each price', () => {
    const usage = {
      input_tokens: 1,
      output_tokens: 2,
      cache_creation_input_tokens: 7,
      cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 },
      cache_read_input_tokens: 5,
      service_tier: 'batch',
      inference_geo: 'us',
      server_tool_use: { web_search_requests: 6, web_fetch_requests: 9 },
    };
    expect(read(usage, 'claude-haiku-4-5-20251001')).toEqual({
      model: 'claude-haiku-4-5-20251001',
      tokens: { input: 1, output: 2, cacheWrite5m: 3, cacheWrite1h: 4, cacheRead: 5 },
      batch: true,
      us: true,
      webSearches: 6,
    });
  });

  test('counts all cache writes as 5 minutes if they are not split', () => {
    for (const cache_creation of [undefined, null]) {
      const usage = { input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 7, cache_creation };
      expect(read(usage)?.tokens).toEqual({ ...NONE, input: 1, output: 1, cacheWrite5m: 7 });
    }
  });

  test.each(['standard', 'priority', null, undefined])(
    'is at the full price in the tier %s',
    (service_tier) => {
      expect(read({ input_tokens: 1, output_tokens: 1, service_tier })?.batch).toBe(false);
    },
  );

  test.each(['global', 'not_available', null, undefined])('made in %s costs no more', (inference_geo) => {
    expect(read({ input_tokens: 1, output_tokens: 1, inference_geo })?.us).toBe(false);
  });

  test('is complete with the samplings of a tool loop, and unknown with other kinds', () => {
    const usage = { input_tokens: 1, output_tokens: 1 };
    expect(read({ ...usage, iterations: [{ type: 'message' }, { type: 'message' }] })).toBeDefined();
    for (const type of ['compaction', 'advisor_message', 'fallback_message']) {
      expect(read({ ...usage, iterations: [{ type: 'message' }, { type }] })).toBeUndefined();
    }
  });

  test.each([
    undefined,
    null,
    {},
    { model: 'm' },
    { model: 'm', usage: null },
    { model: 'm', usage: {} },
    { model: 'm', usage: { input_tokens: 1 } },
    { model: 'm', usage: { input_tokens: '1', output_tokens: 1 } },
    { model: 'm', usage: { input_tokens: -1, output_tokens: 1 } },
    { model: 'm', usage: { input_tokens: 0.5, output_tokens: 1 } },
    { usage: { input_tokens: 1, output_tokens: 1 } },
  ])('is unknown for %j', (message) => {
    expect(readUsage(message)).toBeUndefined();
  });
});
