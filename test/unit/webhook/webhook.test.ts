import { expect, test } from 'vitest';
import type { JobSummary } from '../../../src/job/job';
import { assertWebhooks, callWebhook, WebhookError } from '../../../src/webhook/webhook';

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const url = 'https://example.com/hook?token=hidden';

test.each([
  ['a name', { 'a b': { url, secret } }, 'must have a name of 1 to 64 letters'],
  ['an address', { ops: { url: 'ftp://example.com', secret } }, 'must have an https or http URL'],
  [
    'an address without a password',
    { ops: { url: 'https://user:word@example.com', secret } },
    'without a user name and password',
  ],
  ['a secret', { ops: { url, secret: 'whsec_c2hvcnQ=' } }, '24 to 64 bytes in Base64'],
])('a webhook needs %s', (_, webhooks, message) => {
  expect(() => assertWebhooks(webhooks)).toThrow(message);
  expect(() => assertWebhooks(webhooks)).not.toThrow(/word@|c2hvcnQ|token/);
  expect(() => assertWebhooks({ ops: { url, secret } })).not.toThrow();
});

test('the public message of a failed call has no part of the address', async () => {
  const ops = { url: 'http://127.0.0.1:1/hook?token=hidden', secret };
  const summary = { job: { id: 'a', instance: 'i', store: 's' }, state: 'completed' } as JobSummary;
  const error = await callWebhook('ops', ops, summary, new AbortController().signal).catch((e) => e);
  expect(error).toBeInstanceOf(WebhookError);
  expect(error).toMatchObject({ publicMessage: 'The webhook ops could not be reached.', final: false });
});
