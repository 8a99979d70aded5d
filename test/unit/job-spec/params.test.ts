import { describe, expect, it } from 'vitest';
import { checkParams } from '../../../src/job-spec/params';

const GOOD = { model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'hi' }] };
const message = (patch: object) => ({ ...GOOD, messages: [{ ...GOOD.messages[0], ...patch }] });

describe('params that may be sent', () => {
  it.each([
    ['the least', GOOD],
    ['content blocks', message({ content: [{ type: 'text', text: 'hi' }] })],
    ['an assistant turn', message({ role: 'assistant' })],
    ['fields that only the API knows', { ...GOOD, thinking: { type: 'adaptive' }, brand_new: 1 }],
    ['a refused name that is undefined', { ...GOOD, temperature: undefined }],
  ])('%s', (_, params) => {
    expect(checkParams(params)).toEqual([]);
  });

  it.each([
    ['the whole from a field', '{{params}}'],
    ['messages from a field', { ...GOOD, messages: '{{messages}}' }],
    ['a message from a field', { ...GOOD, messages: ['{{message}}'] }],
    ['role and content from fields', message({ role: '{{role}}', content: '{{content}}' })],
    ['the model from a field', { ...GOOD, model: '{{model}}' }],
  ])('%s, in a template', (_, params) => {
    expect(checkParams(params, { template: true })).toEqual([]);
  });
});

describe('params that are refused', () => {
  it.each([
    ['null', null, '', 'must be an object'],
    ['an array', [], '', 'must be an object'],
    ['a placeholder outside a template', '{{params}}', '', 'must be an object'],
    ['no model', { ...GOOD, model: undefined }, 'model', 'must be the name of a model (got nothing)'],
    ['an empty model', { ...GOOD, model: ' ' }, 'model', 'got an empty string'],
    [
      'no max_tokens',
      { ...GOOD, max_tokens: undefined },
      'max_tokens',
      'integer of at least 1 (got nothing)',
    ],
    ['max_tokens 0', { ...GOOD, max_tokens: 0 }, 'max_tokens', 'got 0'],
    ['max_tokens 1.5', { ...GOOD, max_tokens: 1.5 }, 'max_tokens', 'got 1.5'],
    ['max_tokens as a text', { ...GOOD, max_tokens: '5' }, 'max_tokens', 'got a string'],
    ['no messages', { ...GOOD, messages: undefined }, 'messages', 'got nothing'],
    ['empty messages', { ...GOOD, messages: [] }, 'messages', 'got an empty array'],
    ['a message that is a text', { ...GOOD, messages: ['hi'] }, 'messages[0]', 'got a string'],
    ['an unknown role', message({ role: 'human' }), 'messages[0].role', 'must be "user" or "assistant"'],
    ['no content', message({ content: undefined }), 'messages[0].content', 'got nothing'],
    ['empty content', message({ content: [] }), 'messages[0].content', 'got an empty array'],
    ['stream', { ...GOOD, stream: true }, 'stream', 'do not stream'],
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
  ])('%s', (_, params, path, text) => {
    const problems = checkParams(params);
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(problems[0]?.message).toContain(text);
  });

  it('say of a templated max_tokens what to do', () => {
    const [problem] = checkParams({ ...GOOD, max_tokens: '{{n}}' }, { template: true });
    expect(problem?.message).toContain('A placeholder produces text');
  });

  it('never quote a document', () => {
    const secret = 'the secret text';
    const params = { ...message({ role: secret, content: { secret } }), model: 5, max_tokens: secret };
    expect(JSON.stringify(checkParams(params))).not.toContain('secret');
  });
});
