import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { BatchesApi } from '../../../src/anthropic/api';
import { readFailure } from '../../../src/anthropic/api-failure';
import { batchesApi } from '../../../src/anthropic/batches';
import { tokenCounter } from '../../../src/anthropic/count-tokens';
import { eventually } from '../../support/eventually';
import { failed, sdk, serve } from './server';

const MOST_SILENT = 150;
const SILENT = 'The Anthropic API is silent: a reply brought no byte for 0.15 s.';
const signal = new AbortController().signal;

async function talkTo(speak: (response: ServerResponse) => void | Promise<void>) {
  const url = await serve((_, response) => speak(response));
  return { url, api: batchesApi(sdk(url), { mostSilent: MOST_SILENT }) };
}

const text = 'x'.repeat(10_000);
const long = { max_tokens: 64_000, messages: [] };
const bytes = (params: object) => Buffer.from(JSON.stringify(params));
const read = async (pieces: AsyncIterable<Uint8Array>) => {
  let size = 0;
  for await (const piece of pieces) size += piece.length;
  return size;
};
const download = async (api: BatchesApi) => read(await api.results({ id: 'msgbatch_1', resultsUrl: null }));

const CALLS: [name: string, call: (api: BatchesApi) => Promise<unknown>][] = [
  ['a list', (api) => api.list({ limit: 1 })],
  ['a retrieve', (api) => api.retrieve('msgbatch_1')],
  ['a cancel', (api) => api.cancel('msgbatch_1')],
  ['a delete', (api) => api.delete('msgbatch_1')],
  [
    'a create',
    (api) =>
      api.create({ size: 2, stream: new Response('{}').body! }, { betas: [], signal, onSocket: () => {} }),
  ],
  ['a message', (api) => api.message(bytes({ max_tokens: 1, messages: [] }), { betas: [] })],
  ['a streamed message', (api) => api.message(bytes(long), { betas: [] })],
  ['results', download],
];

describe.each(CALLS)('the body of %s', (_, call) => {
  test.each([200, 500])('that stops sending bytes fails its call, with status %i', async (status) => {
    let open = true;
    const { api } = await talkTo((response) => {
      response.on('close', () => {
        open = false;
      });
      response.writeHead(status, { 'content-type': 'text/event-stream' }).write('{"data":');
    });
    const began = performance.now();
    const failure = readFailure(await failed(() => call(api)));
    expect(performance.now() - began).toBeGreaterThanOrEqual(MOST_SILENT - 5);
    expect(failure).toMatchObject({ type: 'anthropic.Unavailable', refused: false });
    expect(failure.publicMessage).toBe(status === 200 ? SILENT : 'The Anthropic API answered 500.');
    await eventually(() => !open);
  });
});

test('a token count with a silent reply is retried', async () => {
  let calls = 0;
  const { url } = await talkTo((response) => {
    calls += 1;
    response.writeHead(200, { 'content-type': 'application/json' });
    if (calls === 1) response.write('{"input_tokens"');
    else response.end('{"input_tokens":7}');
  });
  expect(await tokenCounter({ client: sdk(url), betas: [], mostSilent: MOST_SILENT })({})).toBe(7);
  expect(calls).toBe(2);
});

test('a slow body is awaited, for any total time', async () => {
  const { api } = await talkTo(async (response) => {
    response.writeHead(200);
    for (let n = 0; n < 8; n += 1) {
      response.write('x');
      await sleep(MOST_SILENT / 3);
    }
    response.end();
  });
  expect(await download(api)).toBe(8);
});

test('a slow reader does not count as silence', async () => {
  const { api } = await talkTo((response) => {
    response.writeHead(200).write(text);
    response.end(text);
  });
  let size = 0;
  for await (const piece of await api.results({ id: 'msgbatch_1', resultsUrl: null })) {
    size += piece.length;
    await sleep(2 * MOST_SILENT);
  }
  expect(size).toBe(2 * text.length);
});

test('a reader that ends early closes the connection', async () => {
  let open = true;
  const { api } = await talkTo((response) => {
    response.on('close', () => {
      open = false;
    });
    response.writeHead(200).write(text);
  });
  for await (const _ of await api.results({ id: 'msgbatch_1', resultsUrl: null })) break;
  await eventually(() => !open);
});
