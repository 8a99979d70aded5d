import { readdir, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { paramsDigest } from '../../../src/simulator/index';
import { tempDir } from '../../support/temp-dir';
import { clientOf, requestsOf, simulate } from './support';

test('another process drives the simulator over HTTP', async () => {
  const simulator = await simulate({ now: () => 1_000_000_000_000, duration: 1000 });
  const client = clientOf(simulator);
  const admin = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${simulator.url}/_simulator/${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    return response.headers.get('content-type') === 'application/json' ? JSON.parse(text) : text;
  };

  const { id } = await client.messages.batches.create({ requests: requestsOf(3) });
  expect(await admin('GET', 'books')).toMatchObject({ billed: { requests: 0 } });
  expect(await admin('PUT', 'clock', { advance: 1000 })).toEqual({ now: 1_000_000_001_000 });
  expect(await admin('GET', 'books')).toEqual(await simulator.books());
  expect((await admin('GET', 'books')).billed).toMatchObject({ requests: 3, distinct: 3, repeated: 0 });
  expect((await admin('GET', 'billed')).trimEnd().split('\n').map(JSON.parse)).toEqual(
    requestsOf(3).map(({ params }) => ({
      digest: paramsDigest(params),
      batch: id,
      usage: {
        input_tokens: 3,
        output_tokens: 8,
        cache_creation_5m_input_tokens: 0,
        cache_creation_1h_input_tokens: 0,
        cache_read_input_tokens: 0,
      },
    })),
  );
  expect(await admin('GET', 'calls')).toMatchObject({ create: 1 });
  expect(await admin('GET', 'batches')).toEqual(await simulator.batches());
  expect((await admin('GET', `batches/${id}/requests`)).trimEnd().split('\n').map(JSON.parse)).toEqual(
    requestsOf(3),
  );

  expect(await admin('GET', 'odd-rows')).toBe('');
  await admin('PUT', 'faults', { http: [{ kind: 'odd-row', row: 'repeated', times: 2 }] });
  const results = () => client.get(`/v1/messages/batches/${id}/results`).asResponse();
  const odd = [0, 1].map(async () => JSON.parse((await (await results()).text()).split('\n')[0]!));
  const rows = (await Promise.all(odd)).map(({ custom_id }) => ({ batch: id, custom_id, row: 'repeated' }));
  expect((await admin('GET', 'odd-rows')).trimEnd().split('\n').map(JSON.parse)).toEqual(rows);

  const fault = { kind: 'status', status: 529, endpoint: 'list' };
  expect(await admin('PUT', 'faults', { http: [fault] })).toEqual({ spec: { http: [fault] }, fired: [0] });
  expect(await admin('POST', 'faults', { requests: [{ outcome: 'expired' }] })).toMatchObject({ fired: [0] });
  await expect(client.messages.batches.list()).rejects.toMatchObject({ status: 529 });
  expect(await admin('GET', 'faults')).toEqual({
    spec: { http: [fault], requests: [{ outcome: 'expired' }] },
    fired: [1],
  });
  expect(await admin('DELETE', 'faults')).toEqual({ spec: {}, fired: [] });

  expect(await admin('PUT', 'faults', { http: 5 })).toMatchObject({
    error: { type: 'invalid_request_error' },
  });
  expect(await admin('PUT', 'clock', {})).toMatchObject({ error: { type: 'invalid_request_error' } });
  expect(await admin('GET', 'nothing')).toMatchObject({ error: { type: 'not_found_error' } });
});

/** `fetch` sets its own `Host`. */
function statusOf(url: string, method: string, headers: Record<string, string>, body?: string) {
  return new Promise<number | undefined>((resolve, reject) => {
    request(url, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end(body);
  });
}

test.each([
  ['evil.example', 403],
  ['evil.example:80', 403],
  ['127.0.0.1.evil.example', 403],
  ['localhost.evil.example', 403],
  ['localhost', 200],
  ['LOCALHOST:9999', 200],
  ['127.0.0.1', 200],
  ['[::1]:8080', 200],
])(
  'the Host %j gets the status %i: a page cannot drive it by a name that resolves here',
  async (host, status) => {
    const { url } = await simulate();
    expect(await statusOf(`${url}/_simulator/books`, 'GET', { host })).toBe(status);
    const json = { host, 'content-type': 'application/json' };
    expect(await statusOf(`${url}/_simulator/faults`, 'PUT', json, '{}')).toBe(status);
  },
);

test.each(['text/plain', 'application/x-www-form-urlencoded', undefined])(
  'a body of the content type %s, which a form may send, changes nothing',
  async (type) => {
    const simulator = await simulate();
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
    const fault = '{"http":[{"kind":"drop"}]}';
    expect(await statusOf(`${simulator.url}/_simulator/faults`, 'PUT', headers, fault)).toBe(400);
    expect(simulator.faults.get().spec).toEqual({});
  },
);

test('its files are readable only by its user', async () => {
  const dir = join(await tempDir(), 'state');
  const simulator = await simulate({ dir, faults: { listLag: 1 } });
  await clientOf(simulator).messages.batches.create({ requests: requestsOf(1) });
  simulator.clock.advance(1);
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  expect(entries.filter((entry) => entry.isFile()).length).toBeGreaterThan(3);
  for (const entry of entries) {
    const { mode } = await stat(join(entry.parentPath, entry.name));
    expect([entry.name, mode & 0o777]).toEqual([entry.name, entry.isFile() ? 0o600 : 0o700]);
  }
  expect((await stat(dir)).mode & 0o777).toBe(0o700);
});
