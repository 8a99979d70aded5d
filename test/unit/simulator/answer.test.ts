import { describe, expect, test } from 'vitest';
import { answer, paramsDigest, promptTokens } from '../../../src/simulator/index';
import { clientOf, paramsOf, simulate } from './support';

const textOf = (message: ReturnType<typeof answer>) =>
  message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');

describe('answer', () => {
  test('follows from the last user message', () => {
    const message = answer(paramsOf('The quick brown fox'));
    expect(message).toEqual(answer(paramsOf('The quick brown fox')));
    expect(textOf(message)).toMatch(/^Echo of The quick brown fox \[[0-9a-f]{8}\]$/);
    expect(message.stop_reason).toBe('end_turn');
    expect(message.usage).toMatchObject({ input_tokens: 5, output_tokens: 10, service_tier: 'batch' });
  });

  test('does not break emoji and distinguishes long texts', () => {
    const long = '🦊'.repeat(100);
    expect(textOf(answer(paramsOf(long)))).toContain(`Echo of ${'🦊'.repeat(60)} [`);
    expect(textOf(answer(paramsOf(long)))).not.toBe(textOf(answer(paramsOf(`${long}!`))));
    expect(textOf(answer({ ...paramsOf(long), max_tokens: 3 })).isWellFormed()).toBe(true);
  });

  test('is cut at max_tokens', () => {
    const message = answer({ ...paramsOf('The quick brown fox'), max_tokens: 3 });
    expect(message).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 3 } });
    expect(textOf(message)).toBe('Echo of The ');
  });

  test('obeys markers', () => {
    expect(answer(paramsOf('[[sim:max_tokens]]'))).toMatchObject({
      stop_reason: 'max_tokens',
      usage: { output_tokens: 100 },
    });
    expect(answer(paramsOf('[[sim:pause_turn]]'))).toMatchObject({ stop_reason: 'pause_turn' });
    expect(answer(paramsOf('[[sim:refusal]]'))).toMatchObject({
      stop_reason: 'refusal',
      stop_details: { type: 'refusal' },
      content: [],
    });
  });

  test('fits a schema', () => {
    const schema = {
      type: 'object',
      properties: {
        title: { type: 'string' },
        tags: { type: 'array', items: { enum: ['a', 'b'] } },
        sure: { type: 'boolean' },
      },
    };
    const message = answer({ ...paramsOf('Hi'), output_config: { format: { type: 'json_schema', schema } } });
    expect(JSON.parse(textOf(message))).toEqual({
      title: expect.stringContaining('Echo of Hi'),
      tags: ['a'],
      sure: true,
    });
  });

  test('reads a cached system prompt in some requests and writes it in others', () => {
    const cached = (text: string, ttl: '5m' | '1h') =>
      answer({
        ...paramsOf(text),
        system: [{ type: 'text', text: 'x'.repeat(4000), cache_control: { type: 'ephemeral', ttl } }],
      }).usage;
    const usages = Array.from({ length: 40 }, (_, index) =>
      cached(`Document ${index}`, index < 20 ? '5m' : '1h'),
    );
    for (const usage of usages) {
      expect((usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0)).toBe(1000);
      expect(usage.input_tokens).toBeLessThan(10);
    }
    const columns = [
      usages.filter((usage) => usage.cache_read_input_tokens),
      usages.filter((usage) => usage.cache_creation?.ephemeral_5m_input_tokens),
      usages.filter((usage) => usage.cache_creation?.ephemeral_1h_input_tokens),
    ];
    for (const column of columns) expect(column.length).toBeGreaterThan(3);
  });

  test('tokens of a prompt with system, blocks and tools', () => {
    expect(
      promptTokens({ messages: [{ role: 'user', content: [{ type: 'text', text: '12345678' }] }] }),
    ).toBe(2);
    expect(promptTokens({ system: '1234', messages: [{ role: 'user', content: '12345' }] })).toBe(3);
    expect(promptTokens({ messages: [{ role: 'user', content: '' }], tools: [] })).toBe(1);
  });
});

describe('the books', () => {
  test('count how often each params succeeded, with their usage', async () => {
    const simulator = await simulate({ duration: 0 });
    const client = clientOf(simulator);
    const send = (texts: string[]) =>
      client.messages.batches.create({
        requests: texts.map((text, index) => ({ custom_id: `r${index}`, params: paramsOf(text) })),
      });
    await send(['one', 'two', '[[sim:errored:api_error]]']);
    await send(['two', 'three', 'three']);
    const { billed, batches } = await simulator.books();
    expect(billed).toMatchObject({ requests: 5, distinct: 3, repeated: 2 });
    expect(batches.map((batch) => batch.counts.succeeded)).toEqual([2, 3]);
    const usage = answer(paramsOf('one')).usage.input_tokens;
    expect(batches[0]!.usage.input_tokens).toBe(2 * usage);
    const digests = await simulator.digests();
    expect(
      ['one', 'two', 'three', '[[sim:errored:api_error]]'].map((text) =>
        digests.get(paramsDigest(paramsOf(text))),
      ),
    ).toEqual([1, 2, 2, undefined]);
  });

  test('include Messages calls, which are answered equally with and without streaming', async () => {
    const simulator = await simulate();
    const client = clientOf(simulator);
    const params = { ...paramsOf('Hi '.repeat(40)), max_tokens: 15 };
    const whole = await client.messages.create(params);
    const { parsed_output: _, ...streamed }: typeof whole & { parsed_output?: unknown } =
      await client.messages.stream(params).finalMessage();
    expect(JSON.parse(JSON.stringify(streamed))).toEqual(whole);
    expect(whole).toMatchObject({ stop_reason: 'max_tokens', usage: { service_tier: 'standard' } });
    await client.messages.create(paramsOf('other'));
    const { messages, billed } = await simulator.books();
    expect(messages).toMatchObject({ requests: 3, distinct: 2, repeated: 1 });
    expect(billed.requests).toBe(0);
    expect(messages.usage.output_tokens).toBe(30 + answer(paramsOf('other')).usage.output_tokens);
    expect((await simulator.digests()).get(paramsDigest(params))).toBe(2);
  });

  test('add up the usage in the results', async () => {
    const simulator = await simulate({ duration: 0 });
    const client = clientOf(simulator);
    const params = {
      ...paramsOf('Hi'),
      max_tokens: 2,
      system: [
        { type: 'text' as const, text: 'y'.repeat(400), cache_control: { type: 'ephemeral' as const } },
      ],
    };
    const requests = Array.from({ length: 30 }, (_, index) => ({
      custom_id: `r${index}`,
      params: {
        ...params,
        messages: [{ role: 'user' as const, content: `Text ${index} ${index % 3 ? '' : '[[sim:refusal]]'}` }],
      },
    }));
    const { id } = await client.messages.batches.create({ requests });
    const sum = { input: 0, output: 0, read: 0, written: 0 };
    for await (const row of await client.messages.batches.results(id)) {
      if (row.result.type !== 'succeeded') continue;
      const { usage } = row.result.message;
      sum.input += usage.input_tokens;
      sum.output += usage.output_tokens;
      sum.read += usage.cache_read_input_tokens ?? 0;
      sum.written += usage.cache_creation_input_tokens ?? 0;
    }
    const { usage } = (await simulator.books()).billed;
    expect(sum).toEqual({
      input: usage.input_tokens,
      output: usage.output_tokens,
      read: usage.cache_read_input_tokens,
      written: usage.cache_creation_5m_input_tokens + usage.cache_creation_1h_input_tokens,
    });
  });
});
