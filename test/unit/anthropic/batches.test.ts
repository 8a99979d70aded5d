import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../src/anthropic/api';
import { batchesApi } from '../../../src/anthropic/batches';
import { always, failed, KEY, sdk, serve } from './server';

const of = (options: ConstructorParameters<typeof Anthropic>[0]) =>
  batchesApi(new Anthropic({ baseURL: 'http://127.0.0.1:1', apiKey: 'key', ...options })).fingerprint;

test('a fingerprint distinguishes address, key and workspace without revealing them', () => {
  const id = (workspace: string) => ({ defaultHeaders: { 'Anthropic-Workspace-Id': workspace } });
  const all = [
    of({}),
    of({ apiKey: 'other' }),
    of({ apiKey: null, authToken: 'key' }),
    of({ baseURL: 'http://127.0.0.1:2' }),
    of(id('one')),
    of(id('two')),
  ];
  expect(new Set(all).size).toBe(all.length);
  for (const each of all) expect(each).toMatch(/^[0-9a-f]{16}$/);
});

test('a fingerprint distinguishes keys in default headers, as for gateways', () => {
  const keys = ['one', 'two'].flatMap((key) => [
    { 'X-Api-Key': key },
    { authorization: `Bearer ${key}` },
    { 'x-gateway-token': key },
  ]);
  const all = keys.map((defaultHeaders) => of({ defaultHeaders }));
  expect(new Set([...all, of({})]).size).toBe(7);
  expect(of({ defaultHeaders: { 'x-token': '1', AUTHORIZATION: '2' } })).toBe(
    of({ defaultHeaders: { authorization: '2', 'X-Token': '1' } }),
  );
});

test('a client has another fingerprint after its key changes', () => {
  const client = sdk('http://127.0.0.1:1');
  const api = batchesApi(client);
  const before = api.fingerprint;
  expect(api.fingerprint).toBe(before);
  client.apiKey = 'another';
  expect(api.fingerprint).not.toBe(before);
});

test('a client without a visible key has its own fingerprint', () => {
  const clients = [
    { apiKey: async () => 'key' },
    { apiKey: async () => 'key' },
    { apiKey: null, credentials: async () => ({ token: 'token', expiresAt: null }) },
  ];
  expect(new Set(clients.map(of)).size).toBe(clients.length);
});

test('a fingerprint does not depend on the form of the headers or on other headers', () => {
  const header: [string, string] = ['anthropic-workspace-id', 'one'];
  const all = [
    of({ defaultHeaders: { 'ANTHROPIC-WORKSPACE-ID': 'one', 'x-other': '1' } }),
    of({ defaultHeaders: new Headers([header]) }),
    of({ defaultHeaders: [header, ['x-other', '2']] }),
  ];
  expect(new Set(all).size).toBe(1);
  expect(of({ defaultHeaders: { 'x-other': '1' }, timeout: 5 })).toBe(of({}));
});

test('a batch whose null fields a gateway leaves out is not archived', async () => {
  const request_counts = { processing: 0, succeeded: 1, errored: 0, canceled: 0, expired: 0 };
  const batch = { id: 'msgbatch_1', processing_status: 'ended', created_at: '2026-11-22T12:00:00Z' };
  const api = batchesApi(sdk(await always(200, { ...batch, request_counts })));
  expect(await api.retrieve('msgbatch_1')).toMatchObject({ size: 1, archivedAt: null });
});

describe('the key is sent only to the base URL', () => {
  const batchAt = (resultsUrl: string | null) => ({ id: 'msgbatch_1', status: 'ended', resultsUrl }) as Batch;

  /** A server that records each path and key of its requests. */
  async function noting(body = 'rows') {
    const asked: string[] = [];
    const url = await serve(({ url, headers }, response) => {
      asked.push(`${url} ${headers.authorization ?? headers['x-api-key']}`);
      response.writeHead(200).end(body);
    });
    return { url, asked };
  }

  async function read(url: string, resultsUrl: string | null): Promise<string> {
    let text = '';
    for await (const piece of await batchesApi(sdk(url)).results(batchAt(resultsUrl)))
      text += Buffer.from(piece);
    return text;
  }

  test('results are read from the results_url on the host of the base URL', async () => {
    const api = await noting();
    expect(await read(api.url, `${api.url}/elsewhere?part=1`)).toBe('rows');
    expect(api.asked).toEqual([`/elsewhere?part=1 Bearer ${KEY}`]);
  });

  test.each([
    ['another host', (url: string) => url.replace('127.0.0.1', 'localhost')],
    ['none', () => null],
    ['no URL at all', () => 'results/1'],
  ])('a results_url with %s is not called; the batch’s own path is used', async (_, named) => {
    const api = await noting();
    expect(await read(api.url, named(api.url))).toBe('rows');
    expect(api.asked).toEqual([`/v1/messages/batches/msgbatch_1/results Bearer ${KEY}`]);
  });

  test('the path is appended to the base URL, as a gateway needs', async () => {
    const gateway = await noting();
    await read(
      `${gateway.url}/anthropic`,
      'https://api.anthropic.com/v1/messages/batches/msgbatch_1/results',
    );
    expect(gateway.asked).toEqual([`/anthropic/v1/messages/batches/msgbatch_1/results Bearer ${KEY}`]);
  });

  test('redirects are not followed', async () => {
    const other = await noting('{}');
    const api = batchesApi(sdk(await always(307, '', { location: `${other.url}/` })));
    const calls = [
      () => api.results(batchAt(null)),
      () => api.retrieve('msgbatch_1'),
      () => api.list({ limit: 1 }),
      () => api.cancel('msgbatch_1'),
    ];
    for (const call of calls)
      expect(await failed(call)).toMatchObject({
        failure: { type: 'anthropic.Unavailable', refused: false },
      });
    expect(other.asked).toEqual([]);
  });
});
