import Anthropic from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { tokenCounter } from '../../../src/anthropic/count-tokens';
import { ApiCallError } from '../../../src/anthropic/errors';
import { FAILURE } from '../../../src/job/failure';
import { type HttpFault, promptTokens } from '../../../src/simulator/index';
import type { AnyParams } from '../../../src/simulator/life/text';
import { clientOf, paramsOf, simulate } from '../simulator/support';
import { failed, KEY, sdk, serve } from './server';

const asked = (text: string) => paramsOf(text) as unknown as AnyParams;

test('counts what the prompt is made of, and leaves out what the endpoint refuses', async () => {
  const simulator = await simulate();
  const count = tokenCounter({ client: clientOf(simulator), betas: [] });
  const params = {
    ...asked('Sum this up.'),
    system: 'Be brief.',
    metadata: { user_id: 'u' },
    stop_sequences: ['x'],
  };
  expect(await count(params)).toBe(promptTokens(params));
});

test('sends the betas of the job', async () => {
  const seen: unknown[] = [];
  const url = await serve(({ headers }, response) => {
    seen.push(headers['anthropic-beta']);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"input_tokens":7}');
  });
  expect(await tokenCounter({ client: sdk(url), betas: ['a', 'b'] })(asked('x'))).toBe(7);
  expect(seen).toEqual(['a,b']);
});

test('waits as long as a rate limit asks for, and asks again', async () => {
  const simulator = await simulate();
  simulator.faults.set({
    http: [{ kind: 'status', endpoint: 'count_tokens', status: 429, retryAfter: 1.2, times: 1 }],
  });
  const began = Date.now();
  const count = tokenCounter({ client: clientOf(simulator), betas: [] });
  expect(await count(asked('x'))).toBe(1);
  expect(Date.now() - began).toBeGreaterThanOrEqual(1_200);
  expect(simulator.calls().count_tokens).toBe(2);
});

test.each<HttpFault>([{ kind: 'drop' }, { kind: 'status', status: 529 }])(
  'asks again after $kind',
  async (fault) => {
    const simulator = await simulate();
    simulator.faults.set({ http: [fault] });
    expect(await tokenCounter({ client: clientOf(simulator), betas: [] })(asked('x'))).toBe(1);
    expect(simulator.calls().count_tokens).toBe(2);
  },
);

test.each(['{}', '{"input_tokens":null}', '{"input_tokens":"7"}', '{"input_tokens":-1}', '<html>', 'null'])(
  'asks again after a reply that is no count: %s',
  async (reply) => {
    const replies = [reply, '{"input_tokens":7}'];
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(replies.shift());
    });
    expect(await tokenCounter({ client: sdk(url), betas: [] })(asked('x'))).toBe(7);
    expect(replies).toEqual([]);
  },
);

test('gives up at once where asking again helps nobody, without the key in the message', async () => {
  let calls = 0;
  const url = await serve((_, response) => {
    calls++;
    const error = { type: 'invalid_request_error', message: `${KEY}: tools.0: no` };
    response
      .writeHead(400, { 'content-type': 'application/json' })
      .end(JSON.stringify({ type: 'error', error }));
  });
  const error = await failed(() => tokenCounter({ client: sdk(url), betas: [] })(asked('x')));
  expect(error).toBeInstanceOf(ApiCallError);
  expect((error as ApiCallError).failure.type).toBe(FAILURE.refused);
  expect((error as ApiCallError).message).toContain('tools.0: no');
  expect((error as ApiCallError).message).not.toContain('SECRET');
  expect(calls).toBe(1);
});

test('takes the count from the refusal of a prompt that is too long', async () => {
  const simulator = await simulate();
  const message = 'prompt is too long: 208310 tokens > 200000 maximum';
  simulator.faults.set({ http: [{ kind: 'status', status: 400, message }] });
  expect(await tokenCounter({ client: clientOf(simulator), betas: [] })(asked('x'))).toBe(208_310);
});

test('says that there is no key', async () => {
  const client = new Anthropic({ baseURL: 'http://127.0.0.1:1', apiKey: null });
  const error = await failed(() => tokenCounter({ client, betas: [] })(asked('x')));
  expect((error as ApiCallError).message).toMatch(/^There is no Anthropic API key/);
});

test('ends a pause when it is told to', async () => {
  const simulator = await simulate();
  simulator.faults.set({
    http: [{ kind: 'status', endpoint: 'count_tokens', status: 429, retryAfter: 600, times: null }],
  });
  const stop = new AbortController();
  const counting = failed(() =>
    tokenCounter({ client: clientOf(simulator), betas: [] })(asked('x'), stop.signal),
  );
  await expect.poll(() => simulator.calls().count_tokens).toBe(1);
  stop.abort();
  expect(((await counting) as Error).name).toBe('AbortError');
});
