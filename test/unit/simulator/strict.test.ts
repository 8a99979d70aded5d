import { request as httpRequest } from 'node:http';
import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import type { Simulator } from '../../../src/simulator/index';
import { clientOf, paramsOf, requestsOf, resultsOf, simulate } from './support';

const HEADERS = { 'x-api-key': 'key', 'anthropic-version': '2023-06-01', 'content-type': 'application/json' };

function post(simulator: Simulator, body: string | Buffer, headers: Record<string, string> = HEADERS) {
  return fetch(`${simulator.url}/v1/messages/batches`, { method: 'POST', body, headers });
}

async function errorOf(response: Response) {
  const body = (await response.json()) as Anthropic.ErrorResponse;
  expect(body).toEqual({
    type: 'error',
    error: { type: expect.any(String), message: expect.any(String) },
    request_id: response.headers.get('request-id'),
  });
  return { status: response.status, type: body.error.type as string, message: body.error.message };
}

const bodyOf = (requests: unknown) => JSON.stringify({ requests });

describe('headers', () => {
  const { 'x-api-key': key, ...keyless } = HEADERS;
  const { 'anthropic-version': version, ...versionless } = HEADERS;
  test.each([
    ['no key', keyless, 401, 'authentication_error'],
    ['a wrong key', { ...HEADERS, 'x-api-key': 'wrong' }, 401, 'authentication_error'],
    ['a wrong token', { ...keyless, authorization: 'Bearer wrong' }, 401, 'authentication_error'],
    ['no version', versionless, 400, 'invalid_request_error'],
    ['an unknown version', { ...HEADERS, 'anthropic-version': '2024-01-01' }, 400, 'invalid_request_error'],
    ['another content type', { ...HEADERS, 'content-type': 'text/plain' }, 400, 'invalid_request_error'],
  ])('%s', async (_, headers, status, type) => {
    const simulator = await simulate({ apiKeys: [key] });
    expect(await errorOf(await post(simulator, bodyOf(requestsOf(1)), headers))).toMatchObject({
      status,
      type,
    });
    expect(await simulator.batches()).toEqual([]);
  });

  test('takes a key and a bearer token, under both versions', async () => {
    const simulator = await simulate({ apiKeys: [key] });
    for (const each of ['2023-06-01', '2026-10-21']) {
      const auth = { ...keyless, authorization: `Bearer ${key}`, 'anthropic-version': each };
      expect((await post(simulator, bodyOf(requestsOf(1)), auth)).status).toBe(200);
    }
    expect(version).toBe('2023-06-01');
    expect((await post(simulator, bodyOf(requestsOf(1)))).status).toBe(200);
  });

  test('unknown paths and methods', async () => {
    const simulator = await simulate();
    const nowhere = await fetch(`${simulator.url}/v1/nowhere`, { headers: HEADERS });
    expect(await errorOf(nowhere)).toMatchObject({ status: 404, type: 'not_found_error' });
    const put = await fetch(`${simulator.url}/v1/messages/batches`, { method: 'PUT', headers: HEADERS });
    expect(await errorOf(put)).toMatchObject({ status: 405 });
  });
});

describe('invalid bodies', () => {
  const params = paramsOf('Hi');
  const one = { custom_id: 'a', params };
  test.each([
    ['no JSON', 'requests', 'not valid JSON'],
    ['an array', '[]', 'not valid JSON'],
    ['cut short', bodyOf([one]).slice(0, -2), 'unexpected end'],
    ['something after the end', `${bodyOf([one])}{}`, 'after the end'],
    ['no requests', '{}', 'requests: Field required'],
    ['another field', '{"model":"x","requests":[]}', 'model: Extra inputs are not permitted'],
    ['another field later', `${bodyOf([one]).slice(0, -1)},"x":1}`, 'Extra inputs are not permitted'],
    ['requests that are not a list', '{"requests":{}}', 'valid list'],
    ['an empty list', bodyOf([]), 'at least 1 item'],
    ['a request that is not an object', bodyOf([one, 'x']), 'requests.1'],
    ['a broken request', '{"requests":[{"custom_id":"a","params":{"x":}}]}', 'not valid JSON: requests.0'],
    ['a trailing comma', `{"requests":[${JSON.stringify(one)},]}`, 'requests.1'],
    ['no custom_id', bodyOf([{ params }]), 'requests.0.custom_id: Field required'],
    ['a custom_id with a space', bodyOf([{ custom_id: 'a b', params }]), 'should match pattern'],
    ['a custom_id of 65 characters', bodyOf([{ custom_id: 'a'.repeat(65), params }]), 'should match pattern'],
    ['a custom_id that is a number', bodyOf([{ custom_id: 1, params }]), 'valid string'],
    ['a custom_id twice', bodyOf([one, { ...one }]), 'must be unique'],
    ['no params', bodyOf([{ custom_id: 'a' }]), 'requests.0.params: Field required'],
    ['params that are not an object', bodyOf([{ custom_id: 'a', params: [] }]), 'valid object'],
    ['an extra field of a request', bodyOf([{ ...one, metadata: {} }]), 'requests.0.metadata: Extra inputs'],
    ['a lone surrogate', bodyOf([{ custom_id: 'a', params: paramsOf('\ud83d') }]), 'no low surrogate'],
    ['a broken UTF-8', Buffer.from(bodyOf([one]).replace('Hi', '\xff'), 'latin1'), 'invalid UTF-8'],
  ])('%s', async (_, body, message) => {
    const simulator = await simulate();
    const error = await errorOf(await post(simulator, body));
    expect(error).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      message: expect.stringContaining(message),
    });
    expect(await simulator.batches()).toEqual([]);
  });

  test('more than 100,000 requests', async () => {
    const simulator = await simulate();
    const body = bodyOf(requestsOf(100_001));
    expect(await errorOf(await post(simulator, body))).toMatchObject({
      status: 400,
      message: /at most 100000/,
    });
  });

  test('more bytes than allowed, by the declared length and by the received bytes', async () => {
    const simulator = await simulate({ maxBytes: 5000 });
    const body = bodyOf(requestsOf(100));
    expect(await errorOf(await post(simulator, body))).toMatchObject({
      status: 413,
      type: 'request_too_large',
    });
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(`${simulator.url}/v1/messages/batches`, {
        method: 'POST',
        headers: HEADERS,
      });
      request.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
      request.write(body);
      request.end();
    });
    expect(status).toBe(413);
    expect((await post(simulator, bodyOf(requestsOf(3)))).status).toBe(200);
  });
});

describe('params are checked after the answer', () => {
  const good = paramsOf('Hi');
  test.each([
    ['no model', { ...good, model: undefined }, 'model: Field required'],
    ['max_tokens of 0', { ...good, max_tokens: 0 }, 'max_tokens'],
    ['no messages', { ...good, messages: [] }, 'messages: at least one'],
    ['an empty text', { ...good, messages: [{ role: 'user', content: '' }] }, 'non-empty'],
    ['an unknown role', { ...good, messages: [{ role: 'robot', content: 'x' }] }, 'messages.0.role'],
    ['stream', { ...good, stream: true }, 'stream'],
    ['speed', { ...good, speed: 'fast' }, 'speed'],
    ['betas', { ...good, betas: ['x'] }, 'betas: Extra inputs are not permitted'],
    ['temperature', { ...good, temperature: 0.5 }, 'temperature'],
    ['top_p', { ...good, top_p: 0.5 }, 'top_p'],
    ['top_k', { ...good, top_k: 5 }, 'top_k'],
  ])('%s', async (_, params, message) => {
    const simulator = await simulate({ duration: 0 });
    const client = clientOf(simulator);
    const requests = [
      { custom_id: 'bad', params: params as typeof good },
      { custom_id: 'good', params: good },
    ];
    const { id, request_counts } = await client.messages.batches.create({ requests });
    expect(request_counts).toMatchObject({ succeeded: 1, errored: 1 });
    expect((await resultsOf(client, id)).get('bad')).toEqual({
      type: 'errored',
      error: {
        type: 'error',
        error: { type: 'invalid_request_error', message: expect.stringContaining(message) },
        request_id: expect.stringMatching(/^req_/),
      },
    });
  });

  test('the older version takes sampling fields', async () => {
    const simulator = await simulate({ duration: 0 });
    const response = await post(
      simulator,
      bodyOf([{ custom_id: 'a', params: { ...good, temperature: 0.5, top_k: 5 } }]),
    );
    expect(((await response.json()) as Anthropic.Messages.MessageBatch).request_counts.succeeded).toBe(1);
  });
});
