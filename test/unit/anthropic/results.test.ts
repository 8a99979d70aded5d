import { describe, expect, test } from 'vitest';
import { batchesApi } from '../../../src/anthropic/batches';
import { firstCustomId, peekSucceeded, rawMessage, readRow } from '../../../src/anthropic/results';
import { eventually } from '../../support/eventually';
import { clientOf, requestsOf, simulate } from '../simulator/support';

const line = (row: unknown) => Buffer.from(typeof row === 'string' ? row : JSON.stringify(row));
const succeeded = (message: string) =>
  line(`{"custom_id":"a-1","result":{"type":"succeeded","message":${message}}}`);

describe('a row of results', () => {
  test('of a success says why it stopped', () => {
    expect(readRow(succeeded('{"stop_reason":"max_tokens","content":[]}'))).toEqual({
      customId: 'a-1',
      status: 'succeeded',
      stopReason: 'max_tokens',
    });
  });

  test('of an error has its type, message and code', () => {
    const words = { type: 'rate_limit_error', message: 'Busy.', details: { error_code: 'a_code' } };
    const error = { type: 'error', error: words, request_id: 'req' };
    expect(readRow(line({ custom_id: 'a', result: { type: 'errored', error } }))).toEqual({
      customId: 'a',
      status: 'errored',
      errorType: 'rate_limit_error',
      errorMessage: 'Busy.',
      errorCode: 'a_code',
      error: { type: 'rate_limit_error', message: 'Busy.' },
    });
  });

  test.each([
    ['expired', /^The batch .*\.$/],
    // Also of a round that was sent one by one, without a batch.
    ['canceled', /^The request was canceled .*\.$/],
  ] as const)('that %s says so in a sentence', (type, sentence) => {
    const row = readRow(line({ custom_id: 'a', result: { type } }));
    expect(row).toMatchObject({ customId: 'a', status: type, error: { type } });
    expect(row.error?.message).toMatch(sentence);
  });

  test.each<[string, unknown]>([
    ['a cut line', '{"custom_id":"a","result":{"type":"succ'],
    ['no JSON', 'Bad gateway'],
    ['null', 'null'],
    ['a number', '7'],
    ['no custom_id', { result: { type: 'expired' } }],
    ['a custom_id that is no text', { custom_id: 7, result: { type: 'expired' } }],
    ['no result', { custom_id: 'a' }],
    ['a result that is null', { custom_id: 'a', result: null }],
    ['an unknown type', { custom_id: 'a', result: { type: 'paused' } }],
    ['a success without a message', { custom_id: 'a', result: { type: 'succeeded' } }],
    ['an error without an error', { custom_id: 'a', result: { type: 'errored' } }],
    [
      'an error without its inner error',
      { custom_id: 'a', result: { type: 'errored', error: { type: 'error' } } },
    ],
  ])('that is none is told: %s', (_, row) => {
    expect(() => readRow(line(row))).toThrow(SyntaxError);
  });
});

describe('a success is told by its first bytes', () => {
  test.each<[string, string | undefined]>([
    ['{"custom_id":"a-1","result":{"type":"succeeded","message":{"id":', 'a-1'],
    ['{"custom_id":"a-1","result":{"type":"errored","error":{', undefined],
    ['{"custom_id": "a-1","result":{"type":"succeeded","message":{', undefined],
    ['{"result":{"type":"succeeded","message":{}},"custom_id":"a-1"}', undefined],
    [`{"custom_id":"${'a'.repeat(64)}","result":{"type":"succeeded","message":{`, 'a'.repeat(64)],
    [`{"custom_id":"${'a'.repeat(65)}","result":{"type":"succeeded","message":{`, undefined],
    ['', undefined],
  ])('%j', (text, expected) => {
    expect(peekSucceeded(line(text))).toBe(expected);
  });
});

describe("a success's message keeps its bytes", () => {
  test.each([
    '{}',
    '{"content":[],"usage":{"input_tokens":1}}',
    '{"content":[{"type":"tool_use","input":{"n":12345678901234567890,"x":1.10,"e":1E400}}]}',
    '{"z":1,"a":2,"10":3,"2":4}',
    '{"text":"} { \\" \\\\ }} \\\\\\" {"}',
    '{"text":"caf\\u00e9 \\ud83d\\ude00 \\u2028 \\/"}',
    '{"text":"\\ud800 lone"}',
    '{"text":"😀 \u2028 \u2029 é"}',
    '{ "spaced" : [ 1 , 2 ] }',
    '{"twice":1,"twice":2}',
    '{"__proto__":{"a":1}}',
    '{"text":"}}"}',
  ])('%s', (message) => {
    expect(rawMessage(succeeded(message))).toBe(message);
  });

  test.each<[string, string]>([
    ['spaces', '{ "custom_id": "a", "result": { "type": "succeeded", "message": {"a": "}}"} } }'],
    ['another order', '{"result":{"message":{"a":"}}"},"type":"succeeded"},"custom_id":"a"}'],
    [
      'more fields behind',
      '{"custom_id":"a","result":{"type":"succeeded","message":{"a":"}}"},"more":{"b":{}}}}',
    ],
    [
      'more fields at the end',
      '{"custom_id":"a","result":{"type":"succeeded","message":{"a":"}}"}},"more":{}}',
    ],
    ['spaces behind', '{"custom_id":"a","result":{"type":"succeeded","message":{"a":"}}"}}} \t'],
    [
      'spaces between the last braces',
      '{"custom_id":"a","result":{"type":"succeeded","message":{"a":"}}"}} }',
    ],
  ])('its values in a line of another layout: %s', (_, text) => {
    expect(JSON.parse(rawMessage(line(text)))).toEqual({ a: '}}' });
  });
});

describe('the first custom_id of an ended batch', () => {
  async function ended() {
    const simulator = await simulate({ duration: 0 });
    const client = clientOf(simulator);
    const { id } = await client.messages.batches.create({ requests: requestsOf(40) });
    const api = batchesApi(client);
    return { simulator, api, batch: await api.retrieve(id) };
  }

  test('proves whose it is', async () => {
    const { api, batch } = await ended();
    expect(await firstCustomId(api, batch)).toMatch(/^r-\d+$/);
  });

  test('is unknown while the batch runs, when it cannot be fetched, and when its first row is cut', async () => {
    const { api, batch, simulator } = await ended();
    expect(await firstCustomId(api, { ...batch, resultsUrl: null })).toBeUndefined();
    simulator.faults.add({ http: [{ endpoint: 'results', kind: 'status', status: 404 }] });
    expect(await firstCustomId(api, batch)).toBeUndefined();
    simulator.faults.add({ http: [{ endpoint: 'results', kind: 'cut', at: 'line', rows: 0, clean: true }] });
    expect(await firstCustomId(api, batch)).toBeUndefined();
    simulator.faults.add({ http: [{ endpoint: 'results', kind: 'cut', at: 'boundary', rows: 0 }] });
    expect(await firstCustomId(api, batch)).toBeUndefined();
    await eventually(async () => (await firstCustomId(api, batch)) !== undefined);
  });
});
