import Anthropic from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { ApiCallError } from '../../../src/anthropic/api-failure';
import { tokenCounter } from '../../../src/anthropic/count-tokens';
import { FAILURE } from '../../../src/job/failure';
import { type HttpFault, promptTokens } from '../../../src/simulator/index';
import type { AnyParams } from '../../../src/simulator/life/text';
import { clientOf, paramsOf, simulate } from '../simulator/support';
import { failed, KEY, sdk, serve } from './server';

const asked = (text: string) => paramsOf(text) as unknown as AnyParams;

test('sends the parts of the prompt, without fields that the endpoint refuses', async () => {
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

test('waits for the time of a rate limit, and retries', async () => {
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
  'retries after $kind',
  async (fault) => {
    const simulator = await simulate();
    simulator.faults.set({ http: [fault] });
    expect(await tokenCounter({ client: clientOf(simulator), betas: [] })(asked('x'))).toBe(1);
    expect(simulator.calls().count_tokens).toBe(2);
  },
);

test.each(['{}', '{"input_tokens":null}', '{"input_tokens":"7"}', '{"input_tokens":-1}', '<html>', 'null'])(
  'retries after a reply that is not a count: %s',
  async (reply) => {
    const replies = [reply, '{"input_tokens":7}'];
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(replies.shift());
    });
    expect(await tokenCounter({ client: sdk(url), betas: [] })(asked('x'))).toBe(7);
    expect(replies).toEqual([]);
  },
);

test('fails at once if a retry cannot help, without the key in the message', async () => {
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

test('reads the count from the refusal of a prompt that is too long', async () => {
  const simulator = await simulate();
  const message = 'prompt is too long: 208310 tokens > 200000 maximum';
  simulator.faults.set({ http: [{ kind: 'status', status: 400, message }] });
  expect(await tokenCounter({ client: clientOf(simulator), betas: [] })(asked('x'))).toBe(208_310);
});

test('reports a missing key', async () => {
  const client = new Anthropic({ baseURL: 'http://127.0.0.1:1', apiKey: null });
  const error = await failed(() => tokenCounter({ client, betas: [] })(asked('x')));
  expect((error as ApiCallError).message).toMatch(/^There is no Anthropic API key/);
});

test('ends a pause when it is aborted', async () => {
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
