import { describe, expect, it } from 'vitest';
import {
  checkParams,
  checkTemplate,
  type ParamsRules,
  problemsText,
} from '../../../src/job-spec/params/check';

const GOOD = { model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'hi' }] };
const message = (patch: object) => ({ ...GOOD, messages: [{ ...GOOD.messages[0], ...patch }] });
const block = (content: object) => message({ content: [content] });
const tool = (patch: object) => ({
  ...GOOD,
  tools: [{ name: 'n', input_schema: { type: 'object' }, ...patch }],
});

const RULES: ParamsRules = { betas: [], allowUnknownParams: [] };
const BETA: ParamsRules = { ...RULES, betas: ['a-2026-01-01'] };
const allowing = (...allowUnknownParams: string[]): ParamsRules => ({ ...RULES, allowUnknownParams });

const problems = (params: unknown, rules = RULES) => problemsText(checkParams(params, rules));

describe('accepted params', () => {
  it.each([
    ['the least', GOOD],
    ['content blocks', block({ type: 'text', text: 'hi' })],
    ['an assistant turn', message({ role: 'assistant' })],
    ['an empty last assistant turn', message({ role: 'assistant', content: '' })],
    ['a refused name that is undefined', { ...GOOD, temperature: undefined }],
    ['null where the API takes it', { ...GOOD, inference_geo: null, container: null }],
    ['a model of which the SDK does not know', { ...GOOD, model: 'claude-next' }],
    ['a system prompt', { ...GOOD, system: 'You answer.' }],
    ['an empty system prompt', { ...GOOD, system: '' }],
    ['thinking', { ...GOOD, thinking: { type: 'adaptive' } }],
    ['a tool without a type', tool({})],
    ['a tool with the type null', tool({ type: null })],
    ['any fields in the schema of a tool', tool({ input_schema: { type: 'object', $defs: { a: 1 } } })],
    [
      'any schema of an answer',
      { ...GOOD, output_config: { format: { type: 'json_schema', schema: { type: 'object', x: [null] } } } },
    ],
    [
      'a result of a tool',
      block({ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'x' }] }),
    ],
    ['any input of a tool', block({ type: 'tool_use', id: 't', name: 'n', input: { type: 'x', y: [1] } })],
    ['braces in a text', message({ content: '{{text}}' })],
  ])('%s', (_, params) => {
    expect(problems(params)).toBe('');
  });

  it('with betas, fields and values that need one', () => {
    const params = {
      ...tool({ type: undefined }),
      mcp_servers: [{ type: 'url', name: 'n', url: 'https://mcp.test' }],
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
    };
    expect(problems(params, BETA)).toBe('');
  });

  it('fields that are allowed although they are unknown, at any level', () => {
    const params = { ...message({ brand_new: 1 }), brand_new: { a: 1 }, tools: [{ type: 'brand_new_tool' }] };
    expect(problems(params, allowing('brand_new', 'tools'))).toBe('');
    expect(problems(params, allowing('brand_new'))).toContain('`tools[0].type` must be "custom", ');
  });
});

describe('refused params', () => {
  it.each([
    ['null', null, '', 'must be an object (got null).'],
    ['an array', [], '', 'must be an object (got an empty array).'],
    ['a placeholder', '{{params}}', '', 'must be an object (got a string).'],
    ['no model', { ...GOOD, model: undefined }, 'model', 'must be a non-empty string (got nothing).'],
    ['a blank model', { ...GOOD, model: ' ' }, 'model', 'got a blank string'],
    [
      'no max_tokens',
      { ...GOOD, max_tokens: undefined },
      'max_tokens',
      'integer of at least 1 (got nothing)',
    ],
    ['max_tokens 0', { ...GOOD, max_tokens: 0 }, 'max_tokens', 'must be an integer of at least 1 (got 0).'],
    ['max_tokens 1.5', { ...GOOD, max_tokens: 1.5 }, 'max_tokens', 'got 1.5'],
    ['max_tokens as a text', { ...GOOD, max_tokens: '5' }, 'max_tokens', 'got a string'],
    ['no messages', { ...GOOD, messages: undefined }, 'messages', 'must be a non-empty array (got nothing)'],
    ['empty messages', { ...GOOD, messages: [] }, 'messages', 'got an empty array'],
    ['a message that is a text', { ...GOOD, messages: ['hi'] }, 'messages[0]', 'must be an object'],
    [
      'an unknown role',
      message({ role: 'human' }),
      'messages[0].role',
      'must be "user", "assistant" or "system" (got a string).',
    ],
    ['a misspelt role', message({ role: 'User' }), 'messages[0].role', 'Did you mean "user"?'],
    ['no role', message({ role: undefined }), 'messages[0].role', 'got nothing'],
    ['no content', message({ content: undefined }), 'messages[0].content', 'got nothing'],
    [
      'an empty text',
      message({ content: '' }),
      'messages[0].content',
      'must be a non-empty string or a non-empty array (got an empty string).',
    ],
    ['a blank text', message({ content: ' \n' }), 'messages[0].content', 'got a blank string'],
    ['empty content', message({ content: [] }), 'messages[0].content', 'got an empty array'],
    ['content that is an object', message({ content: {} }), 'messages[0].content', 'got an object'],
    [
      'an empty text block',
      block({ type: 'text', text: '' }),
      'messages[0].content[0].text',
      'non-empty string',
    ],
    [
      'a block without a type',
      block({ text: 'x' }),
      'messages[0].content[0].type',
      'must be "text", "image"',
    ],
    ['a misspelt type', block({ type: 'txt', text: 'x' }), 'messages[0].content[0].type', 'mean "text"?'],
    [
      'an unknown image type',
      block({ type: 'image', source: { type: 'base64', media_type: 'image/jpg', data: 'x' } }),
      'messages[0].content[0].source.media_type',
      'Did you mean "image/jpeg"?',
    ],
    [
      'a text for a number',
      { ...GOOD, thinking: { type: 'enabled', budget_tokens: '9' } },
      'thinking.budget_tokens',
      'must be a number (got a string).',
    ],
    [
      'a number for texts',
      { ...GOOD, stop_sequences: ['a', 5] },
      'stop_sequences[1]',
      'must be a string (got 5).',
    ],
    [
      'a text for texts',
      { ...GOOD, stop_sequences: 'a' },
      'stop_sequences',
      'must be an array (got a string).',
    ],
    ['null', { ...GOOD, system: null }, 'system', 'must be a string or an array (got null).'],
    [
      'an unknown value',
      { ...GOOD, service_tier: 'batch' },
      'service_tier',
      'must be "auto" or "standard_only"',
    ],
    [
      'a misspelt name',
      { ...GOOD, sytem: 'x' },
      'sytem',
      'not a field of the Messages API. Did you mean `system`?',
    ],
    [
      'a misspelt nested name',
      tool({ descripton: 'x' }),
      'tools[0].descripton',
      'Did you mean `description`?',
    ],
    [
      'a required name in camelCase',
      { ...GOOD, max_tokens: undefined, maxTokens: 5 },
      'maxTokens',
      'mean `max_tokens`?',
    ],
    [
      'a name in camelCase',
      { ...GOOD, stopSequences: [] },
      'stopSequences',
      'Did you mean `stop_sequences`?',
    ],
    ['an unknown name', { ...GOOD, brand_new: 1 }, 'brand_new', 'add its name to `allowUnknownParams`'],
    ['a name that is no word', { ...GOOD, 'a b': 1 }, '["a b"]', 'The fields are '],
    ['a name that every object has', { ...GOOD, constructor: 1 }, 'constructor', 'The fields are '],
    [
      'a field that needs a beta',
      { ...GOOD, mcp_servers: [] },
      'mcp_servers',
      'needs a beta. Name the beta in `betas`',
    ],
    [
      'a value that needs a beta',
      tool({ type: 'computer_20250124' }),
      'tools[0].type',
      'This value needs a beta.',
    ],
    ['stream', { ...GOOD, stream: true }, 'stream', 'do not stream'],
    ['stream: false', { ...GOOD, stream: false }, 'stream', 'do not stream'],
    ['speed', { ...GOOD, speed: 'fast' }, 'speed', 'no speed setting'],
    ['betas', { ...GOOD, betas: ['x'] }, 'betas', "the job's `betas` option"],
    [
      'temperature',
      { ...GOOD, temperature: 0 },
      'temperature',
      'the API version that the SDK sends rejects it',
    ],
    ['top_p', { ...GOOD, top_p: 1 }, 'top_p', 'rejects it'],
    ['top_k', { ...GOOD, top_k: 1 }, 'top_k', 'rejects it'],
    ['custom_id', { ...GOOD, custom_id: 'x' }, 'custom_id', 'the job generates it'],
    ['extra_body', { ...GOOD, extra_body: {} }, 'extra_body', 'Write its fields into the params.'],
    ['extra_headers', { ...GOOD, extra_headers: {} }, 'extra_headers', 'Set it on the Anthropic client'],
    ['timeout', { ...GOOD, timeout: 5 }, 'timeout', 'Set it on the Anthropic client'],
  ])('%s', (_, params, path, text) => {
    const found = checkParams(params, RULES);
    expect(found.map((problem) => problem.path)).toEqual([path]);
    expect(found[0]?.message).toContain(text);
  });

  it('lists all problems', () => {
    const found = checkParams({ model: '', messages: [{ role: 'x' }], foo: 1 }, RULES);
    expect(found.map(({ path }) => path)).toEqual(['model', 'messages[0].role', 'foo', 'max_tokens']);
  });

  it('never quote a document', () => {
    const secret = 'the secret text';
    const params = { ...message({ role: secret, content: { secret } }), model: 5, max_tokens: secret };
    expect(JSON.stringify(checkParams(params, RULES))).not.toContain('secret');
  });
});

describe('a template of params', () => {
  const open = (template: unknown) => {
    const { problems, open } = checkTemplate(template, RULES);
    expect(problems).toEqual([]);
    return open.map(({ path }) => path);
  };

  it.each<[string, unknown, string[]]>([
    ['no placeholder', GOOD, []],
    ['the whole from a field', '{{params}}', ['']],
    ['messages from a field', { ...GOOD, messages: '{{messages}}' }, ['messages']],
    ['a message from a field', { ...GOOD, messages: ['{{message}}'] }, ['messages[0]']],
    ['a role from a field', message({ role: '{{role}}' }), ['messages[0]']],
    ['content from a field', message({ content: '{{content}}' }), ['messages[0].content']],
    ['a text around a placeholder', message({ content: 'Sum up: {{text}}' }), []],
    ['a text of placeholders alone', message({ content: '{{a}} {{b}}' }), ['messages[0].content']],
    ['a text that may be empty', { ...GOOD, system: '{{a}}{{b}}' }, []],
    ['the model from a field', { ...GOOD, model: '{{model}}' }, ['model']],
    ['the model in part', { ...GOOD, model: 'claude-{{model}}' }, []],
    ['a number from a field', { ...GOOD, max_tokens: '{{limit}}' }, ['max_tokens']],
    [
      'one of some texts, in part',
      block({ type: 'image', source: { type: 'base64', media_type: 'image/{{kind}}', data: 'x{{data}}' } }),
      ['messages[0].content[0].source.media_type'],
    ],
    ['what the API does not look into', tool({ input_schema: { type: 'object', properties: '{{p}}' } }), []],
  ])('leaves open only what a document can make invalid: %s', (_, template, paths) => {
    expect(open(template)).toEqual(paths);
  });

  it('is refused for what no document can mend', () => {
    const template = { ...GOOD, sytem: '{{text}}', thinking: { type: 'enabled', budget: '{{n}}' } };
    expect(checkTemplate(template, RULES).problems.map(({ path }) => path)).toEqual([
      'sytem',
      'thinking.budget',
      'thinking.budget_tokens',
    ]);
  });
});
