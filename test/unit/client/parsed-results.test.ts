import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Message } from '../../../src/anthropic/message';
import { parseResult } from '../../../src/client/read/parsed-results';
import type { StandardSchema } from '../../../src/client/read/standard-schema';
import type { Result } from '../../../src/client/types';

const ROW = { id: 'a', class: 'succeeded', attempts: 1, batch_id: 'b', custom_id: 'c' } as const;

const answered = (content: object[], stop_reason = 'end_turn') =>
  ({ ...ROW, status: 'succeeded', message: { content, stop_reason } as unknown as Message }) as Result;
const text = (text: string) => ({ type: 'text', text });
const call = (input: unknown) => ({ type: 'tool_use', id: 't', name: 'n', input });

const schema = z.object({ score: z.number(), tags: z.array(z.object({ name: z.string() })).default([]) });

test.each([
  ['its text', [text('{"score":5}')]],
  ['its text after thinking', [{ type: 'thinking', thinking: '{', signature: '' }, text(' {"score":5}\n')]],
  ['its text in parts', [text('{"score"'), text(':5}')]],
  ['the input of its only tool call', [call({ score: 5 })]],
])('an answer that fits the schema is parsed from %s', async (_, content) => {
  const row = answered(content);
  expect(await parseResult(row, schema)).toEqual({ ...row, parsed_output: { score: 5, tags: [] } });
});

test.each([
  [[text('{"score":"5"}')], 'end_turn', 'mismatch', /^The answer does not fit the schema\. score: .*number/],
  [[text('[]')], 'end_turn', 'mismatch', /^The answer does not fit the schema\. Invalid input/],
  [[text('Sure: {}')], 'end_turn', 'not_json', /^The text of the answer is not JSON: Unexpected token/],
  [
    [text('{"score":')],
    'max_tokens',
    'truncated',
    /^The answer reached max_tokens before its JSON was complete/,
  ],
  [[], 'refusal', 'no_answer', /^The answer has no text \(stop_reason refusal\)\.$/],
  [[call({}), call({})], 'tool_use', 'no_answer', /^The answer has no text and 2 tool calls/],
])('an answer that does not fit keeps its row and says why: %j', async (content, reason, code, message) => {
  const row = answered(content, reason);
  const parsed = await parseResult(row, schema);
  expect(parsed).toMatchObject({ ...row, parse_error: { code, message: expect.stringMatching(message) } });
  expect(parsed).not.toHaveProperty('parsed_output');
});

test('the issues name their places, and the message the first three', async () => {
  const tags = [{ name: 1 }, { name: 2 }, { name: 3 }];
  const { parse_error: error } = await parseResult(answered([text(JSON.stringify({ tags }))]), schema);
  expect(error?.issues.map(({ path }) => path)).toEqual([
    'score',
    'tags[0].name',
    'tags[1].name',
    'tags[2].name',
  ]);
  expect(error?.message).toMatch(
    /^The answer does not fit the schema\. score: .*; tags\[0\]\.name: .*; and 1 more$/,
  );
});

test('a schema of another library may be asynchronous, and name its places as objects', async () => {
  const own: StandardSchema<number> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: async (value) =>
        typeof value === 'number' ? { value } : { issues: [{ message: 'no', path: [{ key: 'a' }, 0, 'b'] }] },
    },
  };
  expect((await parseResult(answered([text('7')]), own)).parsed_output).toBe(7);
  expect((await parseResult(answered([text('"x"')]), own)).parse_error?.issues).toEqual([
    { path: 'a[0].b', message: 'no' },
  ]);
});

test('a row without an answer stays unchanged', async () => {
  const error = { type: 'expired', message: 'expired' };
  const row: Result = { ...ROW, class: 'transient', status: 'expired', error };
  expect(await parseResult(row, schema)).toBe(row);
});
