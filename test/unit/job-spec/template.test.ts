import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../../src/job-spec/template';
import { InputError } from '../../../src/job-spec/validation-errors';

const RULES = { betas: [], allowUnknownParams: [] };
const BASE = { model: 'claude-haiku-5-5', max_tokens: 100 };

const withContent = (content: unknown) => ({ ...BASE, messages: [{ role: 'user', content }] });

function request(template: unknown, fields: Record<string, unknown>, id = 'doc') {
  return JSON.parse(compileTemplate(template, RULES)({ id, line: 7, fields }));
}

function content(text: unknown, fields: Record<string, unknown>) {
  return request(withContent(text), fields).messages[0].content;
}

function refused(template: unknown, fields: Record<string, unknown>): InputError {
  try {
    compileTemplate(template, RULES)({ id: 'doc', line: 7, fields });
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error('The document was accepted.');
}

describe('a template', () => {
  it.each([
    ['a field', '{{text}}', { text: 'hi' }, 'hi'],
    ['spaces in the braces', '{{  text }}', { text: 'hi' }, 'hi'],
    ['text around fields', 'a {{x}} b {{y}} c', { x: '1', y: '2' }, 'a 1 b 2 c'],
    ['a path', '{{a.b}}', { a: { b: 'deep' } }, 'deep'],
    ['an index', '{{a.0.b}}', { a: [{ b: 'deep' }] }, 'deep'],
    ['an own key before a path', '{{a.b}}', { 'a.b': 'flat', a: { b: 'deep' } }, 'flat'],
    ['a name with spaces', '{{First name}}', { 'First name': 'Ada' }, 'Ada'],
    ['a number', 'n={{n}}', { n: 1.5 }, 'n=1.5'],
    ['a number alone is a text', '{{n}}', { n: 3 }, '3'],
    ['a boolean', '{{b}}', { b: false }, 'false'],
    ['an object within a text', 'x {{o}}', { o: { a: ['"'] } }, 'x {"a":["\\""]}'],
    ['an empty text', 'a {{text}}', { text: '' }, 'a '],
    ['quotes, backslashes, newlines', 'x {{t}}', { t: '"\\\n\t\u0000' }, 'x "\\\n\t\u0000'],
    ['emoji and U+2028', '👋 {{t}}', { t: '\u2028👩‍👩‍👧' }, '👋 \u2028👩‍👩‍👧'],
    ['literal braces', '\\{{text}} {{text}}', { text: 'hi' }, '{{text}} hi'],
    ['closing braces alone', '{{text}} }}', { text: 'hi' }, 'hi }}'],
    ['braces in the text of a field', '{{text}}', { text: '{{other}}' }, '{{other}}'],
    ['an own __proto__', '{{__proto__}}', JSON.parse('{"__proto__":"own"}'), 'own'],
  ])('accepts %s', (_, text, fields, expected) => {
    expect(content(text, fields)).toBe(expected);
  });

  it('puts an array or object in place of a string that is one placeholder', () => {
    const blocks = [{ type: 'text', text: 'hi' }];
    expect(content('{{blocks}}', { blocks })).toEqual(blocks);
    const messages = [{ role: 'user', content: 'hi' }];
    expect(request({ ...BASE, messages: '{{messages}}' }, { messages })).toEqual({ ...BASE, messages });
    expect(request('{{params}}', { params: { ...BASE, messages } })).toEqual({ ...BASE, messages });
  });

  it('puts a number or boolean in place of a placeholder where the API expects one', () => {
    const template = {
      ...withContent('x'),
      max_tokens: '{{limit}}',
      tools: [{ name: '{{n}}', strict: '{{s}}', input_schema: { type: 'object' } }],
    };
    expect(request(template, { limit: 5, n: 7, s: true })).toEqual({
      ...withContent('x'),
      max_tokens: 5,
      tools: [{ name: '7', strict: true, input_schema: { type: 'object' } }],
    });
    const error = refused(template, { limit: '5', n: 7, s: true });
    expect(error.message).toBe(
      'Document "doc" (line 7): its request is invalid: `max_tokens` (from the field "limit") must be an ' +
        'integer of at least 1 (got a string).',
    );
    expect(error.place).toEqual({ line: 7, document: 'doc', field: 'limit' });
  });

  it('checks the parts that depend on the document', () => {
    const image = (source: object) => withContent([{ type: 'image', source }]);
    const template = image({ type: '{{how}}', media_type: 'image/{{kind}}', data: 'eA==' });
    expect(request(template, { how: 'base64', kind: 'png' })).toEqual(
      image({ type: 'base64', media_type: 'image/png', data: 'eA==' }),
    );
    expect(refused(template, { how: 'base64', kind: 'jpg' }).message).toContain(
      '`messages[0].content[0].source.media_type` must be "image/jpeg"',
    );
    expect(refused(template, { how: 'url', kind: 'png' }).message).toContain(
      '`messages[0].content[0].source.media_type` is not a field of the Messages API.',
    );
    expect(refused(withContent('{{a}} {{b}}'), { a: '', b: '\n' }).message).toContain('got a blank string');
  });

  it('inserts the document id for {{id}}, also if the id is the line number', () => {
    expect(content('{{id}}', {})).toBe('doc');
    expect(content('{{id}}', { id: 5 })).toBe('5');
  });

  it('keeps everything else unchanged', () => {
    const template = {
      ...withContent('x'),
      tools: [{ name: 'n', input_schema: { type: 'object', 'key {{k}}': [null, true, 1e21, {}] } }],
    };
    expect(request(template, {})).toEqual(template);
  });

  it.each(['constructor', '__proto__', 'toString', 'a.length', 'a.constructor', 'b.c', 'n'])(
    'does not find the field %s',
    (field) => {
      const error = refused(withContent(`x {{${field}}}`), { a: 'text', b: null, n: null });
      expect(error.message).toBe(
        `Document "doc" (line 7): the field "${field}" is missing or null, and the template needs it.`,
      );
      expect(error.place).toEqual({ line: 7, document: 'doc', field });
    },
  );

  it.each([
    ['x {{t}}', { t: 'a\ud800b' }],
    ['{{t}}', { t: '\udc00' }],
    ['{{o}}', { o: [{ type: 'text', text: '\ud83d' }] }],
    ['x {{o}}', { o: { 'key\ud83d': 1 } }],
  ])('refuses half a surrogate pair in %s', (text, fields) => {
    expect(refused(withContent(text), fields).message).toMatch(
      /^Document "doc" \(line 7\): the field "[to]" contains a lone surrogate/,
    );
  });

  it('accepts the text \\ud800, which is not a surrogate', () => {
    expect(content('{{t}}', { t: '\\ud800' })).toBe('\\ud800');
    expect(content('x {{t}}', { t: ['\\ud800'] })).toBe('x ["\\\\ud800"]');
  });

  it('refuses a number whose digits are lost', () => {
    const fields = JSON.parse('{"n":1234567890123456789}');
    expect(refused(withContent('{{n}}'), fields).message).toContain('more digits than JavaScript can hold');
  });

  it.each([
    [
      '"{{params}}" without a model',
      '{{params}}',
      { params: { max_tokens: 1, messages: [] } },
      /`model` \(from the field "params"\) must be/,
    ],
    [
      '"{{params}}" that is a text',
      '{{params}}',
      { params: 'x' },
      /`params` \(from the field "params"\) must be an object/,
    ],
    [
      'messages that are a text',
      { ...BASE, messages: '{{m}}' },
      { m: 'x' },
      /`messages` \(from the field "m"\) must be a non-empty array/,
    ],
    [
      'an unknown role',
      { ...BASE, messages: [{ role: '{{r}}', content: 'x' }] },
      { r: 'x' },
      /messages\[0\]\.role/,
    ],
    [
      'content that is an object',
      withContent('{{c}}'),
      { c: {} },
      /`messages\[0\]\.content` \(from the field "c"\) must be/,
    ],
  ])('refuses %s by document', (_, template, fields, message) => {
    const error = refused(template, fields);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^Document "doc" \(line 7\): its request is invalid: /);
  });

  it.each(['{{', '{{}}', '{{ }}', 'a {{b', '{{"json": {"a": 1}}}'])('is refused for %s', (text) => {
    expect(() => compileTemplate(withContent(text), RULES)).toThrow(
      /^`template\.messages\[0\]\.content` contains ".*", which names no field/,
    );
  });
});
