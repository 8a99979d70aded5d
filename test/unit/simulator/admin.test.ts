import { expect, test } from 'vitest';
import { paramsDigest } from '../../../src/simulator/index';
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
