import type { Result } from 'temporal-anthropic-batch/client';
import { describe, expect, it, test } from 'vitest';
import { OptionError } from '../../../src/client/errors';
import { FLAT_COLUMNS, flatResult, flattener } from '../../../src/client/read/flat-result';
import { jsonPath } from '../../../src/client/read/json-path';

const ANSWER = { label: 'bug', items: [{ name: 'a' }, { name: 'b' }], 'a name': 1, none: null };

const succeeded = (content: unknown[], usage: object = { input_tokens: 10, output_tokens: 5 }): Result =>
  ({
    id: 'd-1',
    status: 'succeeded',
    class: 'succeeded',
    attempts: 1,
    batch_id: 'msgbatch_1',
    custom_id: 'nonce-0',
    message: { type: 'message', model: 'claude-haiku-5-5', stop_reason: 'end_turn', content, usage },
  }) as never;

const errored = {
  id: 'd-2',
  status: 'errored',
  class: 'permanent',
  attempts: 2,
  batch_id: null,
  custom_id: null,
  error: { type: 'invalid_request_error', message: 'max_tokens: too large' },
} as Result;

const document = { id: 'd-1', line: 1, fields: { text: 'Hello', meta: { lang: 'de' }, empty: null } };

describe('a path', () => {
  it.each([
    ['$', ANSWER],
    ['$.label', 'bug'],
    ['$.items[1].name', 'b'],
    ['$["a name"]', 1],
    ["$['a name']", 1],
    ['$["items"][0]["name"]', 'a'],
    ['$.none', null],
    ['$.items[2].name', undefined],
    ['$.items.length', undefined],
    ['$.label.length', undefined],
    ['$.label[0]', undefined],
    ['$.constructor', undefined],
    ['$[0]', undefined],
  ])('%s names one value', (path, value) => {
    expect(jsonPath(path)(ANSWER)).toEqual(value);
  });

  it.each([
    '',
    'label',
    '.label',
    '$label',
    '$.',
    '$..label',
    '$.*',
    '$.items[*]',
    '$.items[-1]',
    '$.items[01]',
    '$["a',
  ])('that is %j is refused, with what is allowed', (path) => {
    expect(() => jsonPath(path)).toThrow(OptionError);
    expect(() => jsonPath(path)).toThrow(/must be like \$\.label, .*Wildcards/);
  });
});

describe('a flat result', () => {
  it('has all columns, in their order', () => {
    for (const result of [succeeded([]), errored])
      expect(Object.keys(flatResult(result))).toEqual(Object.keys(FLAT_COLUMNS));
  });

  it('has the text, its JSON and the tokens of an answer', () => {
    const usage = {
      input_tokens: 10,
      output_tokens: 5,
      cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 3 },
      cache_read_input_tokens: 4,
      server_tool_use: { web_search_requests: 1 },
    };
    const text = (part: string) => ({ type: 'text', text: part });
    expect(flatResult(succeeded([text('{"label":'), text('"bug"}')], usage), '0.01')).toMatchObject({
      text: '{"label":"bug"}',
      answer: { label: 'bug' },
      model: 'claude-haiku-5-5',
      stop_reason: 'end_turn',
      input_tokens: 10,
      output_tokens: 5,
      cache_write_5m_tokens: 2,
      cache_write_1h_tokens: 3,
      cache_read_tokens: 4,
      web_searches: 1,
      cost_usd: '0.01',
      error_type: null,
    });
    expect(flatResult(succeeded([text('Hello')]))).toMatchObject({
      text: 'Hello',
      answer: null,
      cost_usd: null,
    });
    const call = { type: 'tool_use', input: { label: 'bug' } };
    expect(flatResult(succeeded([call]))).toMatchObject({ text: null, answer: { label: 'bug' } });
    expect(flatResult(succeeded([text('')], { iterations: [{ type: 'compaction' }] }))).toMatchObject({
      text: '',
      answer: null,
      input_tokens: null,
    });
  });

  it('has the error of a document without an answer', () => {
    expect(flatResult(errored, '0.00')).toMatchObject({
      status: 'errored',
      model: null,
      text: null,
      output_tokens: null,
      error_type: 'invalid_request_error',
      error_message: 'max_tokens: too large',
      cost_usd: '0.00',
    });
  });

  it('has selected values of the answer and included fields of the document, or null', () => {
    const flat = flattener({
      select: { label: '$.label', gone: '$.gone' },
      include: { question: 'text', lang: 'meta.lang', empty: 'empty', other: 'other' },
    });
    const answer = succeeded([{ type: 'text', text: JSON.stringify(ANSWER) }]);
    const row = flat(answer, { document });
    expect(row).toMatchObject({
      label: 'bug',
      gone: null,
      question: 'Hello',
      lang: 'de',
      empty: null,
      other: null,
    });
    expect(Object.keys(row).slice(-6)).toEqual(['label', 'gone', 'question', 'lang', 'empty', 'other']);
    expect(flat(errored)).toMatchObject({ label: null, question: null });
  });

  test.each([
    [{ include: { text: 'text' } }, /column "text" .*taken: id, status/],
    [{ select: { a: '$.a' }, include: { a: 'a' } }, /column "a" .*, a\.$/],
    [{ select: { '': '$.a' } }, /column "" /],
  ])('cannot have the columns %j', (columns, message) => {
    expect(() => flattener(columns)).toThrow(message);
  });
});
