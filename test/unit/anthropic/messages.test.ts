import { describe, expect, test } from 'vitest';
import { batchesApi } from '../../../src/anthropic/batches';
import { answer, startSimulator } from '../../../src/simulator/index';
import { tempDir } from '../../support/temp-dir';
import { paramsOf, simulate } from '../simulator/support';
import { always, failed, KEY, sdk, serve } from './server';

const bytes = (params: object) => Buffer.from(JSON.stringify(params));
const send = (url: string, params: object = paramsOf('Hi'), betas: string[] = []) =>
  batchesApi(sdk(url)).message(bytes(params), { betas });

/** A request's body and headers, as received. */
async function receiving(reply: object) {
  const seen: { body: string; headers: NodeJS.Dict<string | string[]> }[] = [];
  const url = await serve(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    seen.push({ body, headers: request.headers });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
  });
  return { url, seen };
}

describe('a request that is sent live', () => {
  test('is sent once, with unchanged bytes and its betas', async () => {
    const { url, seen } = await receiving(answer(paramsOf('Hi')));
    const params = Buffer.from('{"model":"m", "max_tokens":10,"messages":[],"n":1.0}');
    await batchesApi(sdk(url, { maxRetries: 5 })).message(params, { betas: ['a-1', 'b-2'] });
    expect(seen.map(({ body }) => body)).toEqual([params.toString()]);
    expect(seen[0]!.headers).toMatchObject({
      'anthropic-beta': 'a-1,b-2',
      'content-type': 'application/json',
    });
  });

  test('returns the row that a batch would have, with the bytes of the answer', async () => {
    const text =
      '{"type":"message","content":[],"stop_reason":"end_turn","usage":{},"big":12345678901234567890,"f":1.0}';
    const row = await send(await always(200, text));
    expect(row).toBe(`{"type":"succeeded","message":${text}}`);
  });

  test('returns one line for any layout of the answer', async () => {
    const message = answer(paramsOf('Hi'));
    const row = await send(await always(200, JSON.stringify(message, null, 2)));
    expect(row).not.toContain('\n');
    expect(JSON.parse(row)).toEqual({ type: 'succeeded', message });
  });

  test('keeps an answer of any depth', async () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const text = `{"type":"message",\n"content":[{"input":${deep}}],\n"stop_reason":"tool_use"}`;
    const row = await send(await always(200, text));
    expect(row).toBe(`{"type":"succeeded","message":${text.replaceAll('\n', ' ')}}`);
  });

  test('fails if a streamed answer is nested too deep to be written', async () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const input = `{"type":"tool_use","id":"t","name":"n","input":{"x":${deep}}}`;
    const begun = JSON.stringify({ ...answer(paramsOf('Hi')), content: [] }).replace('[]', `[${input}]`);
    const url = await serve((_, response) => {
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end(
          `event: message_start\ndata: {"type":"message_start","message":${begun}}\n\n` +
            'event: message_stop\ndata: {"type":"message_stop"}\n\n',
        );
    });
    expect(await failed(() => send(url, { ...paramsOf('Hi'), max_tokens: 64_000 }))).toMatchObject({
      failure: { type: 'anthropic.MalformedReply', message: expect.stringContaining('nested too deep') },
    });
  });

  test('is streamed if the answer may be long, with the same result', async () => {
    const simulator = await simulate();
    const long = { ...paramsOf('Hi'), max_tokens: 64_000 };
    const row = JSON.parse(await send(simulator.url, long));
    const { id, ...rest } = row.message;
    const { id: _, ...expected } = answer(long, { serviceTier: 'standard' });
    expect({ type: row.type, message: rest }).toEqual({ type: 'succeeded', message: expected });
    expect(id).toMatch(/^msg_/);
    expect((await simulator.books()).messages.requests).toBe(1);
  });

  test.each([
    [400, 'invalid_request_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [413, 'request_too_large'],
  ])('that the API refuses because of its content (%i) returns an error row', async (status, type) => {
    const error = { type: 'error', error: { type, message: `no ${KEY}` }, request_id: 'req_1' };
    expect(JSON.parse(await send(await always(status, error, { 'request-id': 'req_1' })))).toEqual({
      type: 'errored',
      error: { type: 'error', error: { type, message: 'no [hidden]' }, request_id: 'req_1' },
    });
  });

  test.each([
    ['a dead key', 401, 'authentication_error', '', { type: 'anthropic.Authentication', refused: true }],
    [
      'no credit',
      400,
      'invalid_request_error',
      'Your credit balance is too low',
      { type: 'anthropic.Billing', refused: true },
    ],
    [
      'a rate limit',
      429,
      'rate_limit_error',
      '',
      { type: 'anthropic.Limited', refused: true, retryAfter: 7_000 },
    ],
    ['overload', 529, 'overloaded_error', '', { type: 'anthropic.Limited', refused: true }],
    ['an error of the API', 500, 'api_error', '', { type: 'anthropic.Unavailable', refused: false }],
  ])(
    'fails for %s, and says whether it can have been paid for',
    async (_, status, type, message, expected) => {
      const error = { type: 'error', error: { type, message } };
      const url = await always(status, error, status === 429 ? { 'retry-after': '7' } : {});
      expect(await failed(() => send(url))).toMatchObject({ failure: expected });
    },
  );

  test('counts as not sent if there was no connection', async () => {
    const gone = await startSimulator({ dir: await tempDir() });
    await gone.close();
    const failure = await failed(() => send(gone.url));
    expect(failure).toMatchObject({
      failure: { type: 'anthropic.Unavailable', refused: false, unsent: true },
    });
  });

  test.each([
    ['a proxy’s page', '<html>hello</html>', 'the body is not JSON'],
    ['another object', { ok: true }, 'field type is missing'],
    [
      'an answer without its end',
      { ...answer(paramsOf('Hi')), stop_reason: null },
      'field stop_reason is null',
    ],
  ])('does not accept %s as an answer', async (_, reply, problem) => {
    expect(await failed(async () => send(await always(200, reply)))).toMatchObject({
      failure: {
        type: 'anthropic.MalformedReply',
        refused: false,
        message: expect.stringContaining(`malformed reply: ${problem}.`),
      },
    });
  });

  test.each([
    ['no event at all', ''],
    ['events that are not JSON', 'event: message_start\ndata: <html>\n\n'],
    [
      'a message without content',
      'event: message_start\ndata: {"type":"message_start","message":{}}\n\nevent: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n',
    ],
  ])('does not accept a stream of %s as an answer', async (_, events) => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events);
    });
    expect(await failed(() => send(url, { ...paramsOf('Hi'), max_tokens: 64_000 }))).toMatchObject({
      failure: {
        type: 'anthropic.MalformedReply',
        refused: false,
        message: expect.stringContaining('malformed reply: the stream is not a whole message.'),
      },
    });
  });

  test.each([
    ['not JSON', '{"a":}x', 'the stream is not a whole message'],
    ['nested too deep', `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 'nested too deep'],
  ])('does not accept a stream with a tool input that is %s', async (_, partial_json, problem) => {
    const message = { ...answer(paramsOf('Hi')), content: [] };
    const tool = { type: 'tool_use', id: 't', name: 'n', input: {} };
    const events = [
      { type: 'message_start', message },
      { type: 'content_block_start', index: 0, content_block: tool },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_stop' },
    ];
    const url = await serve((_, response) => {
      const text = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text);
    });
    expect(await failed(() => send(url, { ...paramsOf('Hi'), max_tokens: 64_000 }))).toMatchObject({
      failure: {
        type: 'anthropic.MalformedReply',
        message: expect.stringContaining(problem),
      },
    });
  });

  test('does not accept a stream that is cut', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: message_start\n');
      setTimeout(() => response.destroy(), 20);
    });
    expect(await failed(() => send(url, { ...paramsOf('Hi'), max_tokens: 64_000 }))).toMatchObject({
      failure: { type: 'anthropic.Unavailable', refused: false },
    });
  });

  test('does not accept a stream that ends cleanly before its end', async () => {
    const begun = {
      type: 'message_start',
      message: { ...answer(paramsOf('Hi')), stop_reason: null, content: [] },
    };
    const url = await serve((_, response) => {
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end(`event: message_start\ndata: ${JSON.stringify(begun)}\n\n`);
    });
    expect(await failed(() => send(url, { ...paramsOf('Hi'), max_tokens: 64_000 }))).toMatchObject({
      failure: { type: 'anthropic.MalformedReply', refused: false },
    });
  });
});
