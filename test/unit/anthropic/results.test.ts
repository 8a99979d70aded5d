import { describe, expect, test } from 'vitest';
import { batchesApi } from '../../../src/anthropic/batches';
import { rawMessage, readLine, shownNonce } from '../../../src/anthropic/results';
import fc from '../../support/fc';
import { clientOf, requestsOf, simulate } from '../simulator/support';
import { always, sdk } from './server';

const line = (row: unknown) => Buffer.from(typeof row === 'string' ? row : JSON.stringify(row));
const readRow = (bytes: Buffer) => {
  const reading = readLine(bytes);
  if (reading.kind !== 'row') throw new Error(JSON.stringify(reading));
  return reading.row;
};
const succeeded = (message: string) =>
  line(`{"custom_id":"a-1","result":{"type":"succeeded","message":${message}}}`);

describe('a row of results', () => {
  test('of a success has its stop reason', () => {
    expect(readRow(succeeded('{"type":"message","stop_reason":"max_tokens","content":[]}'))).toEqual({
      customId: 'a-1',
      status: 'succeeded',
      stopReason: 'max_tokens',
      message: { type: 'message', stop_reason: 'max_tokens', content: [] },
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
    // Also of a round that was sent live, without a batch.
    ['canceled', /^The request was canceled .*\.$/],
  ] as const)('that %s has a message for people', (type, sentence) => {
    const row = readRow(line({ custom_id: 'a', result: { type } }));
    expect(row).toMatchObject({ customId: 'a', status: type, error: { type } });
    expect(row.error?.message).toMatch(sentence);
  });

  const flat = (error: unknown) => line({ custom_id: 'a', result: { type: 'errored', error } });

  test('of an error without the envelope, as gateways write it, has the same fields', () => {
    expect(readRow(flat({ type: 'api_error', message: 'boom' }))).toMatchObject({
      status: 'errored',
      errorType: 'api_error',
      error: { type: 'api_error', message: 'boom' },
    });
  });

  test.each([[{}], [7], [null], [undefined], [['no text']]])(
    'of an error with the message %j still has a text',
    (message) => {
      for (const error of [
        { type: 'api_error', message },
        { type: 'error', error: { type: 'api_error', message } },
      ]) {
        const row = readRow(flat(error));
        expect(row.error).toEqual({ type: 'api_error', message: 'The API gave no message.' });
        expect(row.errorMessage).toBe('The API gave no message.');
      }
    },
  );

  test.each([
    ['a_code', 'a_code'],
    [7, undefined],
    [null, undefined],
  ])('of an error with the code %j', (error_code, expected) => {
    const error = { type: 'api_error', message: 'm', details: { error_code } };
    expect(readRow(flat(error)).errorCode).toBe(expected);
  });

  test.each([[7], [{}], [undefined]])(
    'of a success with the stop_reason %j has no stop reason',
    (stop_reason) => {
      const message = { type: 'message', content: [], stop_reason };
      const row = { custom_id: 'a', result: { type: 'succeeded', message } };
      expect(readRow(line(row))).toMatchObject({ customId: 'a', status: 'succeeded', stopReason: null });
    },
  );

  test.each<[string, unknown]>([
    ['no result', { custom_id: 'a' }],
    ['a result that is null', { custom_id: 'a', result: null }],
    ['a result that is a list', { custom_id: 'a', result: [] }],
    ['an empty result', { custom_id: 'a', result: {} }],
    ['an unknown type', { custom_id: 'a', result: { type: 'paused' } }],
    ['a type that is not a string', { custom_id: 'a', result: { type: 7 } }],
    ['a success without a message', { custom_id: 'a', result: { type: 'succeeded' } }],
    ['a success whose message is a text', { custom_id: 'a', result: { type: 'succeeded', message: 'hi' } }],
    ['a success whose message is empty', { custom_id: 'a', result: { type: 'succeeded', message: {} } }],
    [
      'a success whose message is an error',
      {
        custom_id: 'a',
        result: { type: 'succeeded', message: { type: 'error', error: { type: 'overloaded_error' } } },
      },
    ],
    [
      'a success whose message has no content',
      { custom_id: 'a', result: { type: 'succeeded', message: { type: 'message', content: null } } },
    ],
    ['an error without an error', { custom_id: 'a', result: { type: 'errored' } }],
    ['an error that is a text', { custom_id: 'a', result: { type: 'errored', error: 'boom' } }],
    ['an error that is null', { custom_id: 'a', result: { type: 'errored', error: null } }],
    [
      'an error without its inner error',
      { custom_id: 'a', result: { type: 'errored', error: { type: 'error' } } },
    ],
    [
      'an error whose type is not a string',
      { custom_id: 'a', result: { type: 'errored', error: { type: 7 } } },
    ],
  ])('that cannot be understood has its custom_id and the reason: %s', (_, row) => {
    expect(readLine(line(row))).toEqual({
      kind: 'unreadable',
      customId: 'a',
      why: expect.stringMatching(/^The (row|result) .*\.$/),
    });
  });

  test.each<[string, unknown]>([
    ['null', 'null'],
    ['a number', '7'],
    ['a list', '[]'],
    ['a page', { status: 'ok' }],
    ['no custom_id', { result: { type: 'expired' } }],
    ['a custom_id that is not a string', { custom_id: 7, result: { type: 'expired' } }],
  ])('without a request is a stray: %s', (_, row) => {
    expect(readLine(line(row))).toEqual({ kind: 'stray', why: 'The line has no custom_id.' });
  });

  test.each<[string, string | undefined]>([
    ['{"custom_id":"a","result":{"type":"succ', 'a'],
    ['{ "custom_id": "a", "result": {"type": "succ', 'a'],
    ['{"custom_id":"a","result":{"type":"succeeded","message":{"content":[{"ty:"text"}]}}}', 'a'],
    ['{"custom_id":"a","result":{"type":"succeeded","message":{"text":"a\u0000b"}}}', 'a'],
    ['{"custom_id":"a","result":{"type":"succeeded","message":{}}}{"custom_id":"b"}', 'a'],
    ['Bad gateway', undefined],
    ['{"custom_id":"a', undefined],
  ])('that is not JSON: %j', (text, customId) => {
    expect(readLine(line(text))).toMatchObject({ kind: 'broken', customId });
  });

  test('with any JSON is read without an error', () => {
    const strange = fc.oneof(fc.jsonValue(), fc.constantFrom('succeeded', 'errored', 'error', 'expired'));
    const error = fc.oneof(
      strange,
      fc.record({ type: strange, message: strange, error: strange }, { requiredKeys: [] }),
    );
    const result = fc.oneof(
      strange,
      fc.record({ type: strange, message: strange, error }, { requiredKeys: [] }),
    );
    fc.assert(
      fc.property(fc.record({ custom_id: strange, result }, { requiredKeys: [] }), (row) => {
        const reading = readLine(line(row));
        if (reading.kind !== 'row' || reading.row.status === 'succeeded') return;
        expect(typeof reading.row.error?.type).toBe('string');
        expect(typeof reading.row.error?.message).toBe('string');
      }),
      { numRuns: 1_000 },
    );
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

  const kept = '{"a":"}}",  "n":1.10}';
  test.each<[string, string]>([
    ['spaces', `{ "custom_id": "a", "result": { "type": "succeeded", "message": ${kept} } }`],
    ['no spaces', `{"custom_id":"a","result":{"type":"succeeded","message":${kept}}}`],
    ['another order', `{"result":{"message":${kept},"type":"succeeded"},"custom_id":"a"}`],
    ['escaped names', `{"custom_id":"a","r\\u0065sult":{"type":"succeeded","m\\u0065ssage":${kept}}}`],
    [
      'more fields',
      `{"n":-1.5e3 ,"t":true,"custom_id":"a","result":{"message":${kept},"more":{"b":[{}]}},"z":[]}`,
    ],
    ['repeated names', `{"result":{"message":1},"result":{"message":[2],"message":${kept}}}`],
    [
      'such names at a deeper level',
      `{"more":{"result":{"message":1}},"result":{"x":{"message":2},"message":${kept}}}`,
    ],
    ['spaces around', ` \t{"custom_id":"a","result":{"type":"succeeded","message":${kept}}}  \t`],
  ])('in a line of another layout: %s', (_, text) => {
    expect(rawMessage(line(text))).toBe(kept);
  });

  test('at any depth, in any layout', () => {
    const deep = `{"x":${'[{"y":'.repeat(50_000)}"]}"${'}]'.repeat(50_000)}}`;
    expect(rawMessage(succeeded(deep))).toBe(deep);
    const spaced = `{"custom_id": "a", "result": {"type": "succeeded", "message": ${deep}}}`;
    expect(rawMessage(line(spaced))).toBe(deep);
  });

  test('as JSON.parse finds it in any JSON', () => {
    const row = fc.record({
      before: fc.jsonValue(),
      result: fc.record({ other: fc.jsonValue(), message: fc.jsonValue() }),
    });
    fc.assert(
      fc.property(row, fc.nat(3), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(JSON.parse(rawMessage(line(text)))).toEqual(JSON.parse(text).result.message);
      }),
    );
  });
});

async function* of(...pieces: Buffer[]) {
  yield* pieces;
}

describe('the nonce that the results of an ended batch show', () => {
  const OURS = '0123456789abcdef01234567';
  const OTHER = 'f'.repeat(24);
  const rowsOf = (nonce: string | undefined, count: number) =>
    Array.from(
      { length: count },
      (_, n) => `{"custom_id":"${nonce ? `${nonce}-${n}` : `r-${n}`}","result":{}}\n`,
    );
  const shownBy = async (...lines: string[]) => {
    const api = {
      ...batchesApi(sdk(await always(200, '{}'))),
      results: async () => of(Buffer.from(lines.join(''))),
    };
    return shownNonce(api, { id: 'msgbatch_1', resultsUrl: null }, OURS);
  };

  test.each<[string, string[], string | null]>([
    ['is null for another tool', rowsOf(undefined, 40), null],
    ['is that of another attempt', rowsOf(OTHER, 40), OTHER],
    ['is that of most rows', [...rowsOf(undefined, 1), ...rowsOf(OTHER, 2)], OTHER],
    [
      'is ours if one row says so, behind 150 of another batch',
      [...rowsOf(OTHER, 150), ...rowsOf(OURS, 1)],
      OURS,
    ],
    ['is ours if as many rows are of another batch', [...rowsOf(undefined, 1), ...rowsOf(OURS, 1)], OURS],
    ['is ours behind a BOM', ['\uFEFF', ...rowsOf(OURS, 1)], OURS],
    ['is ours in a row that is damaged', [`{"custom_id":"${OURS}-0","result":{"ty\n`], OURS],
    [
      'is ours behind rows without a nonce',
      ['\n{"custom_id":7}\nnull\n[]\n{"custom_\n', ...rowsOf(OURS, 1)],
      OURS,
    ],
  ])('%s', async (_, lines, expected) => {
    expect(await shownBy(...lines)).toBe(expected);
  });

  test('is unknown where two are equally frequent, or no row has an id', async () => {
    expect(await shownBy(...rowsOf(undefined, 2), ...rowsOf(OTHER, 2))).toBeUndefined();
    expect(await shownBy('<html>\n{}\n</html>')).toBeUndefined();
    expect(await shownBy('')).toBeUndefined();
  });

  test('is read from the first 64 MiB', async () => {
    const row = Buffer.from(`{"custom_id":"r-0","result":{"x":"${'x'.repeat(1_000_000)}"}}\n`);
    let read = 0;
    const results = async () =>
      (async function* () {
        for (; read < 200; read += 1) yield row;
      })();
    const api = { ...batchesApi(sdk(await always(200, '{}'))), results };
    expect(await shownNonce(api, { id: 'msgbatch_1', resultsUrl: null }, OURS)).toBeNull();
    expect(read).toBeGreaterThan(64);
    expect(read).toBeLessThan(80);
  });

  test('is unknown while the batch runs, and if the download breaks off; it is read without a results_url', async () => {
    const simulator = await simulate({ duration: 0 });
    const client = clientOf(simulator);
    const { id } = await client.messages.batches.create({ requests: requestsOf(40) });
    const api = batchesApi(client);
    const batch = await api.retrieve(id);
    const shown = () => shownNonce(api, batch, OURS);
    simulator.faults.add({ http: [{ endpoint: 'results', kind: 'status', status: 404 }] });
    expect(await shown()).toBeUndefined();
    simulator.faults.add({ http: [{ endpoint: 'results', kind: 'cut', at: 'line', rows: 30 }] });
    expect(await shown()).toBeUndefined();
    simulator.faults.add({ http: [{ endpoint: 'results', kind: 'cut', at: 'boundary', rows: 0 }] });
    expect(await shown()).toBeUndefined();
    expect(await shown()).toBeNull();
    expect(await shownNonce(api, { ...batch, resultsUrl: null }, OURS)).toBeNull();
  });
});
