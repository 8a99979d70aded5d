import { createRequire } from 'node:module';
import Esm from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { readFailure } from '../../../src/anthropic/api-failure';
import { FAILURE } from '../../../src/job/failure';
import { always } from './server';

const { default: CommonJs } = createRequire(__filename)('@anthropic-ai/sdk') as { default: typeof Esm };

const ERROR = { type: 'error', error: { type: 'overloaded_error', message: 'Later.' }, request_id: 'req_1' };

test('the ESM and CommonJS builds of the SDK have different classes', () => {
  expect(CommonJs).not.toBe(Esm);
});

// A user's ES module creates its client from one build, and this package loads the other.
test.each([
  ['an ES module', Esm],
  ['a CommonJS module', CommonJs],
])('the errors of a client from %s are understood', async (_, Anthropic) => {
  const failureOf = async (baseURL: string) => {
    const client = new Anthropic({ baseURL, apiKey: 'key', maxRetries: 0 });
    return readFailure(await client.messages.batches.list().catch((error) => error));
  };
  expect(await failureOf(await always(529, ERROR))).toMatchObject({
    type: FAILURE.limited,
    refused: true,
  });
  expect(await failureOf(await always(401, '<html></html>'))).toMatchObject({
    type: FAILURE.authentication,
    refused: false,
  });
  expect(await failureOf('http://127.0.0.1:1')).toMatchObject({
    type: FAILURE.unavailable,
    message: expect.stringMatching(/^The Anthropic API cannot be reached: /),
  });
});
