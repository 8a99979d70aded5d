import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../src/anthropic/api';
import { batchesApi } from '../../../src/anthropic/batches';
import { always, failed, KEY, sdk, serve } from './server';

const of = (options: ConstructorParameters<typeof Anthropic>[0]) =>
  batchesApi(new Anthropic({ baseURL: 'http://127.0.0.1:1', apiKey: 'key', ...options })).fingerprint;

test('a fingerprint tells address, key and workspace apart, and nothing about them', () => {
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

test('a fingerprint tells keys apart that stand in default headers, as for gateways', () => {
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

test('a client that is given another key has another fingerprint from then on', () => {
  const client = sdk('http://127.0.0.1:1');
  const api = batchesApi(client);
  const before = api.fingerprint;
  expect(api.fingerprint).toBe(before);
  client.apiKey = 'another';
  expect(api.fingerprint).not.toBe(before);
});

test('a client that shows no key has a fingerprint of its own', () => {
  const clients = [
    { apiKey: async () => 'key' },
    { apiKey: async () => 'key' },
    { apiKey: null, credentials: async () => ({ token: 'token', expiresAt: null }) },
  ];
  expect(new Set(clients.map(of)).size).toBe(clients.length);
});

test('a fingerprint is the same for the same, however the headers are given and whatever else they say', () => {
  const header: [string, string] = ['anthropic-workspace-id', 'one'];
  const all = [
    of({ defaultHeaders: { 'ANTHROPIC-WORKSPACE-ID': 'one', 'x-other': '1' } }),
    of({ defaultHeaders: new Headers([header]) }),
    of({ defaultHeaders: [header, ['x-other', '2']] }),
  ];
  expect(new Set(all).size).toBe(1);
  expect(of({ defaultHeaders: { 'x-other': '1' }, timeout: 5 })).toBe(of({}));
});

test('a batch of which a gateway leaves out what is null is not archived', async () => {
  const request_counts = { processing: 0, succeeded: 1, errored: 0, canceled: 0, expired: 0 };
  const batch = { id: 'msgbatch_1', processing_status: 'ended', created_at: '2026-11-22T12:00:00Z' };
  const api = batchesApi(sdk(await always(200, { ...batch, request_counts })));
  expect(await api.retrieve('msgbatch_1')).toMatchObject({ size: 1, archivedAt: null });
});

describe('the key goes to the base URL alone', () => {
  const batchAt = (resultsUrl: string | null) => ({ id: 'msgbatch_1', status: 'ended', resultsUrl }) as Batch;

  /** A server that notes what it is asked for and with which key. */
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

  test('results are read where the API says, on the host that it is called by', async () => {
    const api = await noting();
    expect(await read(api.url, `${api.url}/elsewhere?part=1`)).toBe('rows');
    expect(api.asked).toEqual([`/elsewhere?part=1 Bearer ${KEY}`]);
  });

  test.each([
    ['another host', (url: string) => url.replace('127.0.0.1', 'localhost')],
    ['none', () => null],
    ['no URL at all', () => 'results/1'],
  ])('a results_url that names %s is not gone to: each batch has a path of its own', async (_, named) => {
    const api = await noting();
    expect(await read(api.url, named(api.url))).toBe('rows');
    expect(api.asked).toEqual([`/v1/messages/batches/msgbatch_1/results Bearer ${KEY}`]);
  });

  test('the path begins where the base URL ends, as a gateway has it', async () => {
    const gateway = await noting();
    await read(
      `${gateway.url}/anthropic`,
      'https://api.anthropic.com/v1/messages/batches/msgbatch_1/results',
    );
    expect(gateway.asked).toEqual([`/anthropic/v1/messages/batches/msgbatch_1/results Bearer ${KEY}`]);
  });

  test('no redirect is followed', async () => {
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
