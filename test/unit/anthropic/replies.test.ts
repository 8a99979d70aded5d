import { describe, expect, test } from 'vitest';
import { type ApiCallError, readFailure } from '../../../src/anthropic/api-failure';
import { batchesApi } from '../../../src/anthropic/batches';
import { toBatch, toPage } from '../../../src/anthropic/replies';
import { always, failed, sdk, serve } from './server';

const COUNTS = { processing: 0, succeeded: 2, errored: 1, canceled: 0, expired: 0 };
const BATCH = {
  id: 'msgbatch_1',
  type: 'message_batch',
  processing_status: 'ended',
  request_counts: COUNTS,
  created_at: '2026-11-22T12:00:00.123456Z',
  results_url: 'https://api.anthropic.com/v1/messages/batches/msgbatch_1/results',
  archived_at: null,
};
const DATE = 'Sun, 22 Nov 2026 12:00:00 GMT';
const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(BATCH).filter(([name]) => !names.includes(name)));

const api = async (body: unknown) => batchesApi(sdk(await always(200, body)));
const body = (text: string) => ({ size: text.length, stream: new Response(text).body! });
const CREATE = { betas: [], signal: new AbortController().signal, onSocket: () => {} };

/** Every call that reads its reply. */
const CALLS: [name: string, call: (reply: unknown) => Promise<unknown>][] = [
  ['create', async (reply) => (await api(reply)).create(body('{}'), CREATE)],
  ['retrieve', async (reply) => (await api(reply)).retrieve('msgbatch_1')],
  ['cancel', async (reply) => (await api(reply)).cancel('msgbatch_1')],
  ['delete', async (reply) => (await api(reply)).delete('msgbatch_1')],
  ['list', async (reply) => (await api(reply)).list({ limit: 1 })],
  ['time', async (reply) => (await api(reply)).time()],
  ['message', async (reply) => (await api(reply)).message(Buffer.from('{"max_tokens":1}'), { betas: [] })],
];

describe.each(CALLS)('a reply to %s', (_, call) => {
  test.each([
    ['a page of HTML', '<html><body>Log in</body></html>', 'the body is not JSON'],
    ['nothing', '', 'the body is not JSON'],
    ['null', 'null', 'the body is null, not an object'],
    ['an array', [], 'the body is an array, not an object'],
    ['a text', '"down"', 'the body is another string, not an object'],
    ['JSON of its own', { ok: true }, / is missing$/],
    [
      'an error with status 200',
      { type: 'error', error: { type: 'api_error', message: 'x' } },
      /field \w+ is /,
    ],
  ])('that is %s is malformed', async (_, reply, problem) => {
    const error = (await failed(() => call(reply))) as ApiCallError;
    const { type, refused, message, publicMessage, unsent } = readFailure(error);
    expect({ type, refused, unsent }).toEqual({ type: 'anthropic.MalformedReply', refused: false });
    expect(message).toBe(publicMessage);
    const said = /^The Anthropic API sent a malformed reply: (.*)\. If there is a gateway/.exec(message)?.[1];
    expect(said).toEqual(typeof problem === 'string' ? problem : expect.stringMatching(problem));
  });
});

describe('a batch', () => {
  test('is read as the API sends it', () => {
    expect(toBatch(BATCH)).toEqual({
      id: 'msgbatch_1',
      status: 'ended',
      createdAt: new Date('2026-11-22T12:00:00.123Z'),
      counts: COUNTS,
      size: 3,
      resultsUrl: BATCH.results_url,
      archivedAt: null,
    });
    expect(toBatch({ ...BATCH, archived_at: '2026-12-22T12:00:00+01:00' }).archivedAt).toEqual(
      new Date('2026-12-22T11:00:00Z'),
    );
  });

  test('needs nothing but its id and its status', () => {
    const bare = { id: 'msgbatch_1', processing_status: 'in_progress' };
    expect(toBatch(bare)).toEqual({
      id: 'msgbatch_1',
      status: 'in_progress',
      createdAt: undefined,
      counts: {},
      size: undefined,
      resultsUrl: null,
      archivedAt: null,
    });
    const retyped = { created_at: 1, request_counts: 'all', results_url: 7, archived_at: true };
    expect(toBatch({ ...bare, ...retyped })).toEqual(toBatch(bare));
  });

  test.each([
    [without('id'), 'field id is missing'],
    [{ ...BATCH, id: '' }, 'field id is an empty string; expected a string of at least one character'],
    [{ ...BATCH, id: 7 }, 'field id is a number; expected a string of at least one character'],
    [{ ...BATCH, id: 'msgbatch_2' }, 'field id is not the id of the requested batch'],
    [without('processing_status'), 'field processing_status is missing'],
    [{ ...BATCH, processing_status: null }, 'field processing_status is null'],
    [
      { ...BATCH, processing_status: 'ENDED' },
      'field processing_status is another string; expected in_progress, canceling, ended',
    ],
  ])('%# of another shape is malformed', (reply, problem) => {
    expect(() => toBatch(reply, 'msgbatch_1')).toThrow(`malformed reply: ${problem}`);
  });

  test.each<[string, object | null, number | undefined]>([
    ['all counts', COUNTS, 3],
    ['no zeros', { succeeded: 3 }, undefined],
    ['one count missing', { ...COUNTS, expired: undefined }, undefined],
    ['a count that is null', { ...COUNTS, expired: null }, undefined],
    ['a count that is a string', { ...COUNTS, succeeded: '2' }, undefined],
    ['a count below zero', { ...COUNTS, succeeded: -2 }, undefined],
    ['a part of a count', { ...COUNTS, succeeded: 0.5 }, undefined],
    ['zeros only', { ...COUNTS, succeeded: 0, errored: 0 }, undefined],
    ['no counts', null, undefined],
  ])('with %s has the proved size', (_, request_counts, size) => {
    expect(toBatch({ ...BATCH, request_counts }).size).toBe(size);
  });

  test.each([
    '1',
    '2026',
    'yesterday',
    '2026-11-22',
    '2026-11-22T12:00:00',
    '2026-13-45T99:00:00Z',
    '',
    0,
    null,
    '0001-01-01T00:00:00Z',
    '1970-01-01T00:00:00Z',
  ])('has no creation time with %j, because only an RFC 3339 time is valid', (created_at) => {
    expect(toBatch({ ...BATCH, created_at }).createdAt).toBeUndefined();
  });
});

describe('a page of the list', () => {
  test('is read entry by entry, although entries lack fields', () => {
    const page = toPage({ data: [BATCH, {}, null, 'x', without('id')], has_more: true, last_id: 'z' }, DATE);
    const nothing = { counts: {}, resultsUrl: null, archivedAt: null };
    expect(page).toEqual({
      batches: [toBatch(BATCH), nothing, nothing, nothing, { ...toBatch(BATCH), id: undefined }],
      hasMore: true,
      lastId: 'z',
      now: new Date(DATE),
    });
  });

  test.each([undefined, null, 'true', 1, {}])(
    'with has_more %j does not say whether there are more pages',
    (more) => {
      expect(toPage({ data: [], has_more: more }, DATE).hasMore).toBeUndefined();
    },
  );

  test('that is empty although has_more is true is malformed', () => {
    expect(() => toPage({ data: [], has_more: true }, DATE)).toThrow(
      'malformed reply: field data is empty although has_more is true',
    );
  });

  test.each(['without a Date', 'with an invalid Date'])(
    '%s is reported as a reply without a time',
    async (what) => {
      const url = await serve((_, response) => {
        response.sendDate = false;
        const headers = { 'content-type': 'application/json' };
        const date = what === 'without a Date' ? {} : { date: 'now' };
        response.writeHead(200, { ...headers, ...date }).end('{"data":[],"has_more":false}');
      });
      const { list, time } = batchesApi(sdk(url));
      expect(await list({ limit: 1 })).toMatchObject({ batches: [], hasMore: false });
      expect(readFailure(await failed(time))).toMatchObject({
        type: 'anthropic.MalformedReply',
        refused: false,
        message: expect.stringContaining('malformed reply: header Date is missing or is not a time'),
      });
    },
  );
});

test.each([
  [{ input_tokens: 12 }, 12],
  [{ input_tokens: 0 }, 0],
])('tokens are read from %j', async (reply, tokens) => {
  expect(await (await api(reply)).countTokens({}, CREATE)).toBe(tokens);
});
