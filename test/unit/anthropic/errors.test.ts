import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { GatedBody } from '../../../activities/gate';
import { batchesApi } from '../../../src/anthropic/batches';
import { TAIL } from '../../../src/anthropic/create-body';
import { readFailure, toApplicationFailure } from '../../../src/anthropic/errors';
import { FAILURE, type FailureType } from '../../../src/job/failure';
import { always, failed, KEY, sdk, serve } from './server';

const list = (url: string) => failed(() => batchesApi(sdk(url)).list({ limit: 1 }));

const spoken = (type: string, message = 'Something is wrong.') => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_1',
});

describe('what the API answers', () => {
  const table: [status: number, type: string, failure: FailureType, refused: boolean][] = [
    [400, 'invalid_request_error', FAILURE.refused, true],
    [401, 'authentication_error', FAILURE.authentication, true],
    [402, 'billing_error', FAILURE.refused, true],
    [403, 'permission_error', FAILURE.authentication, true],
    [404, 'not_found_error', FAILURE.notFound, true],
    [408, 'timeout_error', FAILURE.unavailable, false],
    [409, 'conflict_error', FAILURE.unavailable, false],
    [413, 'request_too_large', FAILURE.refused, true],
    [422, 'invalid_request_error', FAILURE.refused, true],
    [429, 'rate_limit_error', FAILURE.limited, true],
    [500, 'api_error', FAILURE.unavailable, false],
    [502, 'api_error', FAILURE.unavailable, false],
    [503, 'api_error', FAILURE.unavailable, false],
    [504, 'timeout_error', FAILURE.unavailable, false],
    [529, 'overloaded_error', FAILURE.limited, true],
    [529, 'api_error', FAILURE.limited, false],
  ];
  test.each(table)('%i %s', async (status, type, failure, refused) => {
    const read = readFailure(await list(await always(status, spoken(type))));
    expect(read).toMatchObject({ type: failure, refused });
    expect(read.message).toContain(`The Anthropic API answered ${status} ${type}: Something is wrong.`);
  });
});

describe('what a proxy on the way answers proves nothing about what the API did', () => {
  const pages: [string, unknown][] = [
    ['an HTML page', '<html><body>Forbidden</body></html>'],
    ['an empty page', ''],
    ['JSON of its own', { message: 'rate limited by the gateway' }],
    ['an error of another shape', { error: 'forbidden' }],
    ['an error that looks alike', { error: { type: 'invalid_request_error', message: 'No.', code: '400' } }],
    ['JSON that is no object', '[]'],
  ];
  const statuses = [400, 401, 403, 404, 407, 408, 409, 413, 418, 422, 429, 431, 451, 499, 500, 502, 503, 529];
  for (const [what, page] of pages) {
    test(`${what}, with any status`, async () => {
      for (const status of statuses) {
        expect(readFailure(await list(await always(status, page))), String(status)).toMatchObject({
          refused: false,
        });
      }
    });
  }

  test('and what it will not take now may pass later', async () => {
    for (const status of [400, 407, 413, 418, 451]) {
      const { type } = readFailure(await list(await always(status, '<html></html>')));
      expect(type, String(status)).toBe(FAILURE.unavailable);
    }
  });
});

describe('what is no answer', () => {
  test('a socket that is destroyed', async () => {
    const url = await serve((request) => request.socket.destroy());
    expect(readFailure(await list(url))).toMatchObject({
      type: FAILURE.unavailable,
      refused: false,
      message: expect.stringMatching(/^The Anthropic API cannot be reached: .*other side closed/),
    });
  });

  test('a port on which nobody listens', async () => {
    expect(readFailure(await list('http://127.0.0.1:1'))).toMatchObject({
      type: FAILURE.unavailable,
      refused: false,
      message: expect.stringMatching(/ECONNREFUSED|bad port/),
    });
  });

  test('a redirect of a create', async () => {
    const url = await always(307, '', { location: 'http://127.0.0.1:1/' });
    const stream = new Blob(['{}']).stream();
    const signal = new AbortController().signal;
    const error = await failed(() => batchesApi(sdk(url)).create({ size: 2, stream }, { betas: [], signal }));
    expect(readFailure(error)).toMatchObject({ type: FAILURE.unavailable, refused: false });
  });

  test('an upload that its own gate ended, which is no matter of the network', async () => {
    const url = await serve((request) => request.resume());
    const gate = async (): Promise<boolean> => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return true;
    };
    async function* pieces() {
      yield Buffer.from('{');
    }
    const { stream } = new GatedBody(pieces(), { commit: gate, limit: 1 });
    const signal = new AbortController().signal;
    const error = await failed(() =>
      batchesApi(sdk(url)).create({ size: 1 + TAIL.length, stream }, { betas: [], signal }),
    );
    expect(readFailure(error)).toMatchObject({
      type: FAILURE.unavailable,
      refused: false,
      message: expect.stringMatching(
        /^The batch was not sent: The gate took \d+ ms: too long to send safely\.$/,
      ),
    });
  });

  test('a timeout', async () => {
    const url = await serve(() => undefined);
    const error = await failed(() => sdk(url).messages.batches.list({}, { timeout: 50 }));
    expect(readFailure(error)).toMatchObject({
      type: FAILURE.unavailable,
      refused: false,
      message: 'The Anthropic API cannot be reached: Request timed out.',
    });
  });

  test('a call that was aborted', async () => {
    const url = await serve(() => undefined);
    const error = await failed(() => sdk(url).messages.batches.list({}, { signal: AbortSignal.timeout(50) }));
    expect(readFailure(error)).toMatchObject({ type: FAILURE.unavailable, refused: false });
  });

  test('a stream that breaks off', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      setTimeout(() => response.destroy(), 20);
    });
    expect(readFailure(await list(url))).toMatchObject({
      type: FAILURE.unavailable,
      refused: false,
      message: expect.stringContaining('terminated'),
    });
  });

  test('a list without a Date, the clock of the protocol', async () => {
    const url = await serve((_, response) => {
      response.sendDate = false;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[],"has_more":false}');
    });
    expect(readFailure(await list(url))).toMatchObject({
      refused: false,
      message: expect.stringContaining('without a Date header'),
    });
  });

  test.each(['a text', undefined, null, 7, {}])('something that is no error: %s', (thrown) => {
    expect(readFailure(thrown)).toMatchObject({ type: FAILURE.unavailable, refused: false });
  });
});

describe('how long the server asks to wait', () => {
  const asked = async (value: string, status = 429) =>
    readFailure(await list(await always(status, spoken('rate_limit_error'), { 'retry-after': value })))
      .retryAfter;

  test.each<[string, number | undefined]>([
    ['7', 7_000],
    ['0.5', 500],
    ['3600', 3_600_000],
    ['999999', 3_600_000],
    // Not to wait at all is no pause: the caller's own applies.
    ['0', undefined],
    ['-5', undefined],
    ['Sun, 22 Nov 2020 12:00:00 GMT', undefined],
    ['soon', undefined],
    ['in 5 minutes', undefined],
    ['Infinity', undefined],
    ['NaN', undefined],
    ['', undefined],
  ])('%j', async (value, expected) => {
    expect(await asked(value)).toBe(expected);
  });

  test('a date', async () => {
    const delay = await asked(new Date(Date.now() + 60_000).toUTCString());
    expect(delay).toBeGreaterThan(57_000);
    expect(delay).toBeLessThanOrEqual(60_000);
  });

  test.each([400, 500, 503, 529])('also with %i', async (status) => {
    expect(await asked('7', status)).toBe(7_000);
  });
});

describe('no API key is ever in a message', () => {
  test('a missing key says what to set', async () => {
    const error = await failed(() => sdk('http://127.0.0.1:1', { apiKey: null }).messages.batches.list());
    expect(readFailure(error)).toEqual({
      type: FAILURE.authentication,
      refused: true,
      message: 'The worker has no Anthropic API key: set ANTHROPIC_API_KEY, or pass a client to the plugin.',
    });
  });

  test.each([401, 403, 400, 429, 500])('an answer of %i that quotes it', async (status) => {
    const url = await always(status, spoken('authentication_error', `The key ${KEY} is not known.`));
    const { message } = readFailure(await list(url));
    expect(message).not.toContain('SECRET');
    expect(message).toContain('is not known.');
  });

  test.each([
    ['a line break', `${KEY}\r\nx`],
    ['a letter beyond Latin-1', `${KEY}…`],
    ['a null', `${KEY}\0`],
  ])('a key with %s, which no header takes', async (_, apiKey) => {
    const error = await failed(() => batchesApi(sdk('http://127.0.0.1:1', { apiKey })).list({ limit: 1 }));
    expect(readFailure(error).message).not.toContain('SECRET');
    expect(toApplicationFailure(error).message).not.toContain('SECRET');
  });

  test('an authToken that no header takes', async () => {
    const client = sdk('http://127.0.0.1:1', { apiKey: null, authToken: 'token-SECRET\r\nx' });
    expect(readFailure(await failed(() => batchesApi(client).list({ limit: 1 }))).message).not.toContain(
      'SECRET',
    );
  });

  test('a key in the address of a proxy', async () => {
    const error = await failed(() => batchesApi(sdk('http://user:SECRET@127.0.0.1:1')).list({ limit: 1 }));
    expect(readFailure(error).message).not.toContain('SECRET');
  });
});

describe('the failure that an activity throws', () => {
  test('is retried after the delay that the server named', async () => {
    const url = await always(429, spoken('rate_limit_error'), { 'retry-after': '7' });
    expect(toApplicationFailure(await list(url))).toMatchObject({
      type: 'anthropic.Limited',
      nonRetryable: false,
      nextRetryDelay: 7_000,
    });
  });

  test('is not retried where the caller says so, and stays what it is', async () => {
    const failure = toApplicationFailure(new Error('x'), { nonRetryable: true });
    expect(failure).toMatchObject({ type: 'anthropic.Unavailable', nonRetryable: true });
    expect(toApplicationFailure(failure)).toBe(failure);
    expect(failure).toBeInstanceOf(ApplicationFailure);
  });
});
