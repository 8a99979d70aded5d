import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { run } from '../../../src/cli/program';
import type { Simulator } from '../../../src/simulator/index';
import { tempDir } from '../../support/temp-dir';
import { TEMPLATE } from '../../support/template';
import { simulate } from '../simulator/support';

let dir: string;
let simulator: Simulator;

beforeEach(async () => {
  dir = await tempDir();
  simulator = await simulate();
  vi.stubEnv('ANTHROPIC_BASE_URL', simulator.url);
  vi.stubEnv('ANTHROPIC_API_KEY', 'test-key');
  vi.stubEnv('ANTHROPIC_AUTH_TOKEN', undefined);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const file = async (name: string, content: string) => {
  await writeFile(join(dir, name), content);
  return join(dir, name);
};
const jsonl = (documents: object[]) =>
  file('docs.jsonl', documents.map((each) => `${JSON.stringify(each)}\n`).join(''));
/** Different texts, 4 characters longer than `text`. */
const texts = (count: number, text = '') =>
  Array.from({ length: count }, (_, i) => ({ id: `d-${i}`, text: text + String(i).padStart(4, '0') }));
const template = (more: object = {}) => file('template.json', JSON.stringify({ ...TEMPLATE, ...more }));

async function estimate(...args: string[]) {
  const said: string[] = [];
  const printed: string[] = [];
  const collect = (into: string[]) => (data: string | Uint8Array) => into.push(String(data)) > 0;
  vi.spyOn(process.stderr, 'write').mockImplementation(collect(said));
  vi.spyOn(process.stdout, 'write').mockImplementation(collect(printed));
  const code = await run(['estimate', ...args]);
  return { code, out: printed.join(''), err: said.join('') };
}

describe('estimate INPUT', () => {
  test('takes documents that are requests, {custom_id, params}, without a template', async () => {
    const params = (text: string) => ({ ...TEMPLATE, messages: [{ role: 'user', content: text }] });
    const requests = ['x', 'y'].map((text) => ({ custom_id: text, params: params(text) }));
    const { code, out, err } = await estimate(await jsonl(requests));
    expect({ code, err }).toMatchObject({
      code: 0,
      err: expect.stringContaining('all 2 requests were counted'),
    });
    expect(out).toMatch(/worst case/);
    const twice = await estimate(await jsonl([requests[0]!, requests[0]!]));
    expect(twice).toMatchObject({ code: 2, err: expect.stringContaining('Duplicate document id "x"') });
    const wrong = await estimate(await jsonl([{ custom_id: 'x', params: { ...params('x'), max_token: 5 } }]));
    expect(wrong).toMatchObject({
      code: 2,
      err: expect.stringMatching(/"x" \(line 1\).*Did you mean `max_tokens`/),
    });
  });

  test('says what to do with requests of the OpenAI Batch API', async () => {
    const body = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
    const row = { custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body };
    const { code, err } = await estimate(await jsonl([row]));
    expect(code).toBe(2);
    expect(err).toMatch(
      /first document is a request of the OpenAI Batch API .*"params": .*\{\{body\.messages\}\}/,
    );
    // A template may insert its fields.
    const messages = await template({ messages: '{{body.messages}}' });
    const inserted = await estimate(await jsonl([row]), '--template', messages, '--id-field', 'custom_id');
    expect({ code: inserted.code, err: inserted.err }).toMatchObject({ code: 0 });
  });

  test('prints low, likely and worst case, and says what they are based on', async () => {
    // 1,000 tokens at 0.10 and 0.50 USD a million for each of 1,000 documents: 1 to 100 tokens of answer.
    const input = await jsonl(texts(1_000, 'word'.repeat(999)));
    const { code, out, err } = await estimate(input, '--template', await template());
    expect(code).toBe(0);
    expect(out).toMatch(/low +1,000,000 +1,000 +0\.10 +0\.05 +0\.05\n/);
    expect(out).toMatch(/likely +1,000,000 +50,000 +0\.13 +0\.06 +0\.06\n/);
    expect(out).toMatch(/worst case +1,000,000 +100,000 +0\.15 +0\.08 +0\.08\n/);
    expect(err).toContain('The tokens of 100 of 1,000 requests were counted');
    expect(err).toContain('likely is half of max_tokens, an assumption');
    expect(err).toContain('Prices as of 2026-11-22');
    expect(err).not.toContain('at once');
    expect(err).not.toContain('cache');
    expect((await readdir(dir)).sort()).toEqual(['docs.jsonl', 'template.json']);
  });

  test('takes the expected output tokens, the size of the sample, and --exact', async () => {
    const input = await jsonl(texts(120));
    const flags = [input, '--template', await template()];
    const expected = await estimate(...flags, '--output-tokens', '7', '--sample', '5');
    expect(expected.out).toMatch(/likely +120 +840 /);
    expect(expected.err).toContain('likely is 7,');
    expect(expected.err).toContain('5 of 120 requests');
    expect((await estimate(...flags, '--exact')).err).toContain(
      'The tokens of all 120 requests were counted.',
    );
    expect(simulator.calls().count_tokens).toBe(125);
  });

  test('says for few documents that a call answers at once, and its cost', async () => {
    const { err } = await estimate(
      await jsonl(texts(99, 'word'.repeat(999))),
      '--template',
      await template(),
    );
    expect(err).toContain(
      'Fewer than 100 requests: messages.create answers each immediately, for 0.01 USD in all',
    );
  });

  test('with --json prints one object, without notes', async () => {
    const { out, err } = await estimate(await jsonl(texts(3)), '--template', await template(), '--json');
    const found = JSON.parse(out);
    expect(found).toMatchObject({
      documents: 3,
      counted: 3,
      few: true,
      inputTokens: { low: 3, likely: 3, worst: 3 },
    });
    // 3 tokens at 0.10 USD a million, and 300 at 0.50.
    expect(found.usd.worst).toEqual({ standard: '0.0001503', batch: '0.00007515', saved: '0.00007515' });
    expect(err).toBe('');
  });

  test('reports caches, documents that their model refuses, and documents that are too large', async () => {
    const system = [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }];
    const long = { id: 'long one', text: 'a'.repeat(800_100) };
    const input = await jsonl([...texts(2), long]);
    const { code, err } = await estimate(
      input,
      '--template',
      await template({ system, model: 'claude-haiku-4-5', max_tokens: 64_001 }),
    );
    expect(code).toBe(0);
    expect(err).toContain(
      '3 requests with cache_control: low assumes that every prompt is read from the cache',
    );
    expect(err).toMatch(
      /1 document with a prompt beyond its model's context window .*\n {2}"long one" \(line 3\): 200,0\d\d tokens, claude-haiku-4-5 allows 200,000\n/,
    );
    expect(err).toMatch(
      /3 documents with a max_tokens above its model's limit .*\n {2}"d-0" \(line 1\): 64,001 tokens/,
    );
  });

  test('prices equal requests once, as a job sends them', async () => {
    const same = Array.from({ length: 300 }, (_, i) => ({ id: `d-${i}`, text: `word ${i % 2}` }));
    const flags = [await jsonl(same), '--template', await template()];
    const once = await estimate(...flags);
    expect(once.out).toMatch(/worst case +4 +200 /);
    expect(once.err).toContain('300 documents need 2 requests: equal requests are sent once');
    expect(once.err).toContain('Fewer than 100 requests');
    const each = await estimate(...flags, '--no-deduplicate');
    expect(each.out).toMatch(/worst case +600 +30,000 /);
    expect(each.err).not.toContain('equal');
  });

  test('says that --reuse is ignored, and refuses an invalid age', async () => {
    const flags = [await jsonl(texts(3)), '--template', await template()];
    expect((await estimate(...flags)).err).not.toContain('earlier jobs');
    for (const reuse of [['--reuse'], ['--reuse', '7d']]) {
      const { code, err } = await estimate(...flags, ...reuse);
      expect([code, err]).toEqual([
        0,
        expect.stringContaining('does not search for answers of earlier jobs, which --reuse takes'),
      ]);
      const { out } = await estimate(...flags, ...reuse, '--json');
      expect(JSON.parse(out).reuseIgnored).toBe(true);
    }
    const wrong = await estimate(...flags, '--reuse', 'soon');
    expect([wrong.code, wrong.err]).toEqual([
      2,
      expect.stringMatching(/Error: `--reuse` must be .*\(got "soon"\)/),
    ]);
  });

  test('takes a builder of a module, and prices of an unknown model', async () => {
    const builders = await file(
      'builders.cjs',
      'exports.short = ({ fields }) => ({ model: "mine", max_tokens: 10, messages: [{ role: "user", content: fields.text }] });',
    );
    const price = { input: 1, output: 1, cacheWrite5m: 1, cacheWrite1h: 1, cacheRead: 1 };
    const prices = await file('prices.json', JSON.stringify({ mine: price }));
    const input = await jsonl(texts(3));
    const { code, out, err } = await estimate(
      input,
      '--builder',
      'short',
      '--builders',
      builders,
      '--prices',
      prices,
    );
    expect([code, err]).toEqual([
      0,
      expect.stringContaining('The context window and output limit of mine are unknown'),
    ]);
    expect(out).toMatch(/worst case +3 +30 +0\.000033/);
    const unknown = await estimate(input, '--builder', 'long', '--builders', builders, '--prices', prices);
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('no builder "long"')]);
  });

  test.each<[string, number, (input: string, template: string) => string[], RegExp]>([
    [
      'no key',
      1,
      (input, t) => [input, '--template', t],
      /Error: Tokens cannot be counted: There is no Anthropic API key.*needs no key\.\nSee temporal-anthropic-batch\/docs\/\S+#\S+\n$/,
    ],
    [
      'no template, and documents that are no requests',
      2,
      (input) => [input],
      /first document has no params\. Without a template .*give --template FILE or --builder NAME/,
    ],
    [
      'a builder without its module',
      2,
      (input) => [input, '--builder', 'b'],
      /Give --builder NAME and --builders MODULE together/,
    ],
    [
      'a missing input',
      2,
      (input, t) => [`${input}.gone`, '--template', t],
      /cannot be read: there is no such file/,
    ],
    [
      'a sample of zero',
      2,
      (input, t) => [input, '--template', t, '--sample', '0'],
      /`--sample` must be an integer of at least 1 \(got 0\)/,
    ],
    [
      'an answer of zero tokens',
      2,
      (input, t) => [input, '--template', t, '--output-tokens', '0'],
      /`--output-tokens` must be .*\(got 0\)/,
    ],
  ])('of %s exits with %i, and says why', async (_, expected, args, message) => {
    vi.stubEnv('ANTHROPIC_API_KEY', undefined);
    const { code, out, err } = await estimate(...args(await jsonl(texts(1)), await template()));
    expect([code, out]).toEqual([expected, '']);
    expect(err).toMatch(message);
    expect(simulator.calls().count_tokens).toBe(0);
  });

  test('names the line and field of an invalid document, and a model without a price', async () => {
    const input = await jsonl([{ id: 'a', text: 'x' }, { id: 'b' }]);
    const bad = await estimate(input, '--template', await template());
    expect([bad.code, bad.err]).toEqual([
      2,
      expect.stringContaining('Document "b" (line 2): the field "text" is missing'),
    ]);
    const unknown = await estimate(
      await jsonl(texts(1)),
      '--template',
      await template({ model: 'claude-4' }),
    );
    expect([unknown.code, unknown.err]).toEqual([
      2,
      expect.stringMatching(/no price for the model "claude-4".*--prices FILE/),
    ]);
  });
});
