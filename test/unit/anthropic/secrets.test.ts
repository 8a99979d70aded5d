import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import { batchesApi } from '../../../src/anthropic/batches';
import { secretsOf } from '../../../src/anthropic/secrets';
import fc from '../../support/fc';
import { always, failed } from './server';

const KEY = 'gw_Kü/9+x=="\\ßß!42';
const of = (options: ConstructorParameters<typeof Anthropic>[0] = {}) =>
  secretsOf(new Anthropic({ apiKey: KEY, authToken: null, ...options }));
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('the credentials of a client are removed from a text', () => {
  test.each([
    ['unchanged', KEY],
    ['in JSON', JSON.stringify({ key: KEY })],
    ['in a URL', `https://gateway/?key=${encodeURIComponent(KEY)}`],
    ['in Base64', base64(KEY)],
    ['in Base64 behind a user', base64(`someone:${KEY}`)],
    ['in Base64 before others', base64(`ab${KEY}:x`)],
    ['in Base64 for URLs', Buffer.from(`a${KEY}b`).toString('base64url')],
    ['several times', `${KEY} ${KEY}`],
  ])('%s', (_, quoted) => {
    const hidden = of()(`It says: ${quoted}.`);
    expect(hidden).toMatch(/^It says: .*\[hidden\]/);
    for (const part of ['gw_K', '42', encodeURIComponent(KEY).slice(0, 8)]) {
      expect(hidden.replace(/^It says: (someone:)?/, '')).not.toContain(part);
    }
  });

  test.each<[string, ConstructorParameters<typeof Anthropic>[0]]>([
    ['an authToken', { apiKey: null, authToken: 'SECRET-1234' }],
    ['a header for a gateway', { defaultHeaders: { 'X-Gateway-Token': 'SECRET-1234' } }],
    ['the token of a header', { defaultHeaders: { 'Proxy-Authorization': 'Bearer SECRET-1234' } }],
    ['a password in the address', { baseURL: 'https://me:SECRET-1234@gateway' }],
    ['a password that is no URL’s', { baseURL: 'https://%zz:SECRET-1234@gateway' }],
    ['a key in the address', { baseURL: 'https://gateway/?api_key=SECRET-1234' }],
    ['a line of a key with a line break', { apiKey: 'SECRET-1234\nrest-of-it' }],
  ])('%s', (_, options) => {
    expect(of(options)('SECRET-1234 is not known.')).toBe('[hidden] is not known.');
  });

  test('any key beside any text', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 });
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme-ascii', minLength: 12, maxLength: 60 }),
        text,
        text,
        (key, a, b) => {
          fc.pre(!/\s/.test(key));
          const hide = of({ apiKey: key });
          const middle = base64(key).slice(4, -6);
          expect(hide(a + key + b)).not.toContain(key);
          fc.pre(middle.length > 4 && !base64(a).includes(middle) && !base64(b).includes(middle));
          expect(hide(base64(`${'x'.repeat(3 * a.length)}${key}${b}`))).not.toContain(middle);
        },
      ),
    );
  });

  test('the rest of the text stays', () => {
    const text = 'The Anthropic API answered 404: no batch msgbatch_01. See https://docs/x?y=1.';
    expect(
      of({ apiKey: '', defaultHeaders: { 'anthropic-beta': 'a-beta', 'x-short-key': 'ab' } })(text),
    ).toBe(text);
  });
});

test('no error of the client contains the key, at any depth', async () => {
  const error = {
    type: 'error',
    error: { type: 'authentication_error', message: `${KEY} ${base64(`u:${KEY}`)}` },
  };
  const api = (url: string, apiKey = KEY) =>
    batchesApi(new Anthropic({ baseURL: url, apiKey, maxRetries: 0 }));
  const plain = 'plain-gateway-key';
  const answer = { ...error, error: { ...error.error, message: `The key ${plain} is not known.` } };
  for (const thrown of [
    await failed(() => api('http://127.0.0.1:1', 'bröken-key-é…').list({ limit: 1 })),
    await failed(async () => api(await always(401, answer), plain).list({ limit: 1 })),
    await failed(async () => api(await always(502, `<html>${plain}</html>`), plain).retrieve('b')),
  ]) {
    const all = [thrown, JSON.stringify(thrown), (thrown as Error).stack, (thrown as Error).cause].join('\n');
    expect(all).not.toMatch(/plain-gateway-key|bröken/);
  }
});
