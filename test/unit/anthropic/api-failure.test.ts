import * as sdkErrors from '@anthropic-ai/sdk/core/error';
import { describe, expect, test } from 'vitest';
import { GatedBody } from '../../../activities/submission/gate';
import { readFailure } from '../../../src/anthropic/api-failure';
import { batchesApi } from '../../../src/anthropic/batches';
import { TAIL } from '../../../src/anthropic/create-body';
import { FAILURE, type FailureType } from '../../../src/job/failure';
import { StoreError } from '../../../src/store/store';
import { always, failed, KEY, sdk, serve } from './server';

const list = (url: string) => failed(() => batchesApi(sdk(url)).list({ limit: 1 }));

const spoken = (type: string, message = 'Something is wrong.') => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_1',
});

/** The SDK's error for an answer. */
const answered = (status: number, body: object | undefined, headers: Record<string, string> = {}) =>
  sdkErrors.APIError.generate(status, body, body ? undefined : '<html></html>', new Headers(headers));

const NOW = Date.parse('2026-11-22T12:00:00Z');

describe('every status', () => {
  const statuses = Array.from({ length: 200 }, (_, index) => 400 + index);
  const types: Record<number, FailureType> = {
    401: FAILURE.authentication,
    403: FAILURE.authentication,
    404: FAILURE.notFound,
    429: FAILURE.limited,
    529: FAILURE.limited,
  };
  const waits: [header: Record<string, string>, retryAfter: number | undefined][] = [
    [{}, undefined],
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 12:01:00 GMT' }, 60_000],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after-ms': '1500' }, 1_500],
    [{ 'retry-after-ms': '1500', 'retry-after': '7' }, 1_500],
    [{ 'retry-after-ms': 'soon', 'retry-after': '7' }, 7_000],
  ];

  test.each(waits)('of the API itself, with %o', (header, retryAfter) => {
    const notCreated = (status: number) => status < 500 && status !== 408 && status !== 409;
    for (const status of statuses) {
      const error = answered(status, spoken('some_error'), header);
      const type =
        types[status] ??
        (status === 402 ? FAILURE.billing : notCreated(status) ? FAILURE.refused : FAILURE.unavailable);
      const read = readFailure(error, { now: NOW });
      expect([status, read.type, read.refused, read.retryAfter]).toEqual([
        status,
        type,
        notCreated(status),
        retryAfter,
      ]);
      expect(read.message).toContain(`The Anthropic API answered ${status} some_error: Something is wrong.`);
      // The API may quote a request, so its text is not sent to Temporal.
      expect(read.publicMessage).toMatch(new RegExp(`^The Anthropic API answered ${status} some_error\\.`));
      expect(read.publicMessage).not.toContain('Something');
    }
  });

  const pages: [string, object | undefined][] = [
    ['an HTML page', undefined],
    ['JSON of its own', { message: 'rate limited by the gateway' }],
    ['an error that looks alike', { error: { type: 'billing_error', message: 'No.' } }],
  ];
  test.each(pages)('of a proxy, with %s, proves nothing', (_, page) => {
    for (const [header, retryAfter] of waits) {
      for (const status of statuses) {
        const failure = readFailure(answered(status, page, header), { now: NOW });
        const { message: __, publicMessage, ...read } = failure;
        expect(publicMessage).toMatch(
          new RegExp(`^The Anthropic API answered ${status}( billing_error)?\\.`),
        );
        expect([status, read]).toEqual([
          status,
          // A proxy's 404 says nothing about the API.
          {
            type: (status !== 404 && types[status]) || FAILURE.unavailable,
            subtype: page && 'error' in page ? 'billing_error' : undefined,
            refused: false,
            retryAfter,
          },
        ]);
      }
    }
  });

  test('has the type of the error as its subtype, if it is one word without a secret', () => {
    const withoutSecrets = (text: string) => text.replace('odd_key', '…');
    const subtypeOf = (type: string) => readFailure(answered(500, spoken(type)), { withoutSecrets }).subtype;
    expect(subtypeOf('api_error')).toBe('api_error');
    expect(subtypeOf('the key is odd')).toBeUndefined();
    expect(subtypeOf('is_odd_key')).toBe('is_…');
  });

  test('overload is the only refusal among the 5xx', () => {
    for (const status of statuses.filter((each) => each >= 500)) {
      const { refused } = readFailure(answered(status, spoken('overloaded_error')));
      expect([status, refused]).toEqual([status, status === 529]);
    }
  });
});

describe('a problem of the account is distinguished from one of the request', () => {
  const credit =
    'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.';
  const spent =
    'You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.';
  const workspaceSpent = spent.replace('API usage', 'workspace API usage');
  const table: [status: number, type: string, message: string, code: string | undefined, FailureType][] = [
    [402, 'billing_error', 'There is an issue with your payment.', undefined, FAILURE.billing],
    [400, 'invalid_request_error', credit, undefined, FAILURE.billing],
    [400, 'invalid_request_error', spent, undefined, FAILURE.billing],
    [400, 'invalid_request_error', workspaceSpent, undefined, FAILURE.billing],
    [429, 'rate_limit_error', 'Limit.', 'contract_spend_limit_reached', FAILURE.billing],
    [429, 'rate_limit_error', 'Limit.', 'enforced_spend_limit_reached', FAILURE.billing],
    [402, 'billing_error', 'Limit.', 'linked_organization_spend_limit_reached', FAILURE.billing],
    [402, 'billing_error', 'No.', 'linked_organization_billing_unavailable', FAILURE.billing],
    [429, 'rate_limit_error', 'Slower.', 'ramp_limit_exceeded', FAILURE.limited],
    [429, 'rate_limit_error', 'Too many batch requests in processing.', undefined, FAILURE.limited],
    [400, 'invalid_request_error', 'This organization has been disabled.', undefined, FAILURE.authentication],
    [400, 'invalid_request_error', 'On hold.', 'organization_on_hold', FAILURE.authentication],
    [400, 'invalid_request_error', 'No.', 'claude_code_key_creator_not_member', FAILURE.authentication],
    [400, 'invalid_request_error', 'Disabled.', 'cmek_key_disabled', FAILURE.unavailable],
    [400, 'invalid_request_error', 'Blocked.', 'cmek_key_network_blocked', FAILURE.unavailable],
    // A refused request that quotes such text.
    [400, 'invalid_request_error', `requests.0: ${credit}`, undefined, FAILURE.refused],
    [400, 'invalid_request_error', 'max_tokens: must be at least 1', undefined, FAILURE.refused],
    [400, 'invalid_request_error', 'No.', 'a_code_of_tomorrow', FAILURE.refused],
    [413, 'request_too_large', 'Too large.', 'request_body_too_large_after_decoding', FAILURE.refused],
  ];
  test.each(table)('%i %s: %s %s', (status, type, message, code, failure) => {
    const details = code && { error_code: code };
    const body = { type: 'error', error: { type, message, details }, request_id: 'req_1' };
    const read = readFailure(answered(status, body));
    // With any type, nothing was created.
    expect(read).toMatchObject({ type: failure, refused: true });
    expect(read.message).toContain(`answered ${status} ${type}: ${message.replace(/\.$/, '')}`);
    if (failure === FAILURE.billing) expect(read.message).toMatch(/\. Add credit or raise the spend limit/);
  });
});

describe('every error class of the SDK', () => {
  const none = (made: Error): [Error, FailureType, boolean] => [made, FAILURE.unavailable, false];
  const of = (status: number, type: FailureType, refused: boolean, name = 'api_error') =>
    [answered(status, spoken(name)), type, refused] as const;
  const classes: Record<string, readonly [Error, FailureType, boolean]> = {
    AnthropicError: none(new sdkErrors.AnthropicError('Something.')),
    APIError: of(418, FAILURE.refused, true),
    APIUserAbortError: none(new sdkErrors.APIUserAbortError()),
    APIConnectionError: none(new sdkErrors.APIConnectionError({})),
    APIConnectionTimeoutError: none(new sdkErrors.APIConnectionTimeoutError()),
    RetryableError: none(new sdkErrors.RetryableError()),
    BadRequestError: of(400, FAILURE.refused, true),
    AuthenticationError: of(401, FAILURE.authentication, true),
    PaymentRequiredError: of(402, FAILURE.billing, true),
    PermissionDeniedError: of(403, FAILURE.authentication, true),
    NotFoundError: of(404, FAILURE.notFound, true),
    RequestTimeoutError: of(408, FAILURE.unavailable, false),
    ConflictError: of(409, FAILURE.unavailable, false),
    PreconditionFailedError: of(412, FAILURE.refused, true),
    ContentTooLargeError: of(413, FAILURE.refused, true),
    UnprocessableEntityError: of(422, FAILURE.refused, true),
    RateLimitError: of(429, FAILURE.limited, true),
    RequestHeaderFieldsTooLargeError: of(431, FAILURE.refused, true),
    ClientClosedRequestError: of(499, FAILURE.refused, true),
    InternalServerError: of(500, FAILURE.unavailable, false),
    NotImplementedError: of(501, FAILURE.unavailable, false),
    ServiceUnavailableError: of(503, FAILURE.unavailable, false),
    GatewayTimeoutError: of(504, FAILURE.unavailable, false),
    OverloadedError: of(529, FAILURE.limited, true, 'overloaded_error'),
  };

  test('is in the table', () => {
    expect(Object.keys(classes).sort()).toEqual(Object.keys(sdkErrors).sort());
  });

  const exported = new Map(Object.entries(sdkErrors));
  test.each(Object.entries(classes))('%s', (name, [error, type, refused]) => {
    expect(error.constructor).toBe(exported.get(name));
    expect(readFailure(error)).toMatchObject({ type, refused });
  });
});

describe('an answer of a proxy proves nothing about the API:', () => {
  const pages: [string, unknown][] = [
    ['an HTML page', '<html><body>Forbidden</body></html>'],
    ['an empty page', ''],
    ['JSON of its own', { message: 'rate limited by the gateway' }],
    ['an error of another shape', { error: 'forbidden' }],
    ['an error that looks alike', { error: { type: 'invalid_request_error', message: 'No.', code: '400' } }],
    ['JSON that is not an object', '[]'],
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

  test('a refusal or a 404 may pass later', async () => {
    for (const status of [400, 404, 407, 413, 418, 451]) {
      const { type } = readFailure(await list(await always(status, '<html></html>')));
      expect(type, String(status)).toBe(FAILURE.unavailable);
    }
  });
});

describe('a call without an answer', () => {
  test('a socket that is destroyed', async () => {
    const url = await serve((request) => void request.socket.destroy());
    expect(readFailure(await list(url))).toMatchObject({
      type: FAILURE.unavailable,
      refused: false,
      message: expect.stringMatching(/^The Anthropic API cannot be reached: .*other side closed/),
    });
  });

  test('a port without a listener', async () => {
    expect(readFailure(await list('http://127.0.0.1:1'))).toMatchObject({
      type: FAILURE.unavailable,
      refused: false,
      message: expect.stringMatching(/ECONNREFUSED|bad port/),
    });
  });

  /** All other codes may occur while a request is in flight. */
  const BEFORE_A_CONNECTION = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);
  /** The form of undici: fetch's own error around the socket's error. */
  const socket = (code: string, message: string) =>
    new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });
  test.each([
    ['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'],
    ['ECONNRESET', 'read ECONNRESET'],
    ['EPIPE', 'write EPIPE'],
    ['ETIMEDOUT', 'connect ETIMEDOUT'],
    ['EHOSTUNREACH', 'connect EHOSTUNREACH'],
    ['ENETUNREACH', 'connect ENETUNREACH'],
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND api.anthropic.com'],
    ['EAI_AGAIN', 'getaddrinfo EAI_AGAIN api.anthropic.com'],
    ['CERT_HAS_EXPIRED', 'certificate has expired'],
    ['UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error'],
    ['UND_ERR_HEADERS_TIMEOUT', 'Headers Timeout Error'],
    ['UND_ERR_BODY_TIMEOUT', 'Body Timeout Error'],
    ['UND_ERR_SOCKET', 'other side closed'],
    ['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'Request body length does not match content-length header'],
    // A host with several addresses, none of which answers.
    ['ECONNREFUSED', ''],
  ])('%s %s, of the socket, wrapped by the SDK or not', (code, message) => {
    const raw = socket(code, message);
    for (const error of [raw, new sdkErrors.APIConnectionError({ cause: raw })]) {
      expect(readFailure(error)).toEqual({
        type: FAILURE.unavailable,
        subtype: code,
        refused: false,
        ...(BEFORE_A_CONNECTION.has(code) ? { unsent: true } : {}),
        message: expect.stringContaining(`(${message || code})`),
        publicMessage: expect.stringMatching(new RegExp(`^The [^:]* \\(${code}\\)\\.$`)),
      });
    }
  });

  test('a store that fails during the upload, which is not a network error, not even if it has its code', async () => {
    const url = await serve((request) => void request.resume());
    const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    async function* pieces() {
      yield Buffer.from('{');
      throw new StoreError('The store is gone: connect', 'a/key', {
        cause,
        publicMessage: 'The store is gone.',
      });
    }
    const { stream } = new GatedBody(pieces(), {
      drained: async () => {},
      commit: async () => true,
      limit: 1,
    });
    const signal = new AbortController().signal;
    const error = await failed(() =>
      batchesApi(sdk(url)).create(
        { size: 1 + TAIL.length, stream },
        { betas: [], signal, onSocket: () => {} },
      ),
    );
    expect(readFailure(error)).toEqual({
      type: FAILURE.unavailable,
      refused: false,
      message: 'The batch was not sent: The store is gone: connect',
      publicMessage: 'The batch was not sent: The store is gone.',
    });
  });

  test('a redirect of a create', async () => {
    const url = await always(307, '', { location: 'http://127.0.0.1:1/' });
    const stream = new Blob(['{}']).stream();
    const signal = new AbortController().signal;
    const error = await failed(() =>
      batchesApi(sdk(url)).create({ size: 2, stream }, { betas: [], signal, onSocket: () => {} }),
    );
    expect(readFailure(error)).toMatchObject({ type: FAILURE.unavailable, refused: false });
  });

  test('an upload that its own gate ended, which is not a network error', async () => {
    const url = await serve((request) => void request.resume());
    const gate = async (): Promise<boolean> => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return true;
    };
    async function* pieces() {
      yield Buffer.from('{');
    }
    const { stream } = new GatedBody(pieces(), { drained: async () => {}, commit: gate, limit: 1 });
    const signal = new AbortController().signal;
    const error = await failed(() =>
      batchesApi(sdk(url)).create(
        { size: 1 + TAIL.length, stream },
        { betas: [], signal, onSocket: () => {} },
      ),
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

  test.each(['a text', undefined, null, 7, {}])('a thrown value that is not an error: %s', (thrown) => {
    expect(readFailure(thrown)).toMatchObject({ type: FAILURE.unavailable, refused: false });
  });
});

describe('the wait that the server requests', () => {
  const asked = async (value: string, status = 429) =>
    readFailure(await list(await always(status, spoken('rate_limit_error'), { 'retry-after': value })))
      .retryAfter;

  test.each<[string, number | undefined]>([
    ['7', 7_000],
    ['0.5', 500],
    ['3600', 3_600_000],
    ['999999', 3_600_000],
    // A wait of zero counts as none, and the caller's own pause applies.
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

  test.each<[string, number | undefined]>([
    ['250', 250],
    ['0.5', 0.5],
    ['99999999', 3_600_000],
    ['0', undefined],
    ['-5', undefined],
    ['soon', undefined],
    ['Infinity', undefined],
    ['', undefined],
  ])('%j milliseconds', async (value, expected) => {
    const url = await always(529, spoken('overloaded_error'), { 'retry-after-ms': value });
    expect(readFailure(await list(url)).retryAfter).toBe(expected);
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

describe('an API key is never in a message', () => {
  test('for a missing key, which says what to set', async () => {
    const error = await failed(() => sdk('http://127.0.0.1:1', { apiKey: null }).messages.batches.list());
    const message = 'There is no Anthropic API key. Set ANTHROPIC_API_KEY where this process runs.';
    expect(readFailure(error)).toEqual({
      type: FAILURE.authentication,
      refused: true,
      message,
      publicMessage: message,
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
