// Type tests: `tsc` in the check compiles them, and nothing runs them.
import type Anthropic from '@anthropic-ai/sdk';
import { expectTypeOf } from 'vitest';
import type { BatchClient, JobSpec, RequestTemplate } from '../../src/client';
import { type Builders, defineBuilder, type RequestBuilder, type RequestParams } from '../../src/index';

declare const batches: BatchClient;
const input = { documents: [{ id: 'a', text: 'hi', limit: 5 }] };
const base = { model: 'claude-haiku-5-5', max_tokens: 100 };
const user = (content: string) => [{ role: 'user' as const, content }];

// A template is the SDK's params, with placeholders in texts and in place of anything.
batches.start({ input, template: { ...base, messages: user('Sum up: {{text}}') } });
batches.start({ input, template: '{{params}}' });
const templates: RequestTemplate[] = [
  { ...base, max_tokens: '{{limit}}', messages: '{{messages}}' },
  { ...base, messages: ['{{message}}', { role: '{{role}}', content: '{{blocks}}' }] },
  { ...base, messages: [{ role: 'user', content: ['{{block}}', { type: 'text', text: '{{text}}' }] }] },
  {
    ...base,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/{{kind}}', data: '{{data}}' } },
        ],
      },
    ],
  },
  {
    ...base,
    messages: user('{{text}}'),
    tools: [{ name: 'n', strict: '{{strict}}', input_schema: '{{s}}' }],
  },
  { ...base, messages: user('{{text}}'), mcp_servers: [{ type: 'url', name: 'n', url: '{{url}}' }] },
];
batches.start({ input, template: templates[0]!, betas: ['a'], allowUnknownParams: ['new_field'] });
// Params that are read from a file.
batches.start({ input, template: JSON.parse('{}') });

batches.start({
  input,
  // @ts-expect-error: a misspelt field
  template: { ...base, sytem: 'x', messages: user('{{text}}') },
});
// @ts-expect-error: a text that is no placeholder, for a number
batches.start({ input, template: { ...base, max_tokens: '100', messages: user('{{text}}') } });
// @ts-expect-error: an unknown role
batches.start({ input, template: { ...base, messages: [{ role: 'human', content: '{{text}}' }] } });
// @ts-expect-error: an unknown block
batches.start({ input, template: { ...base, messages: [{ role: 'user', content: [{ type: 'txt' }] }] } });
// @ts-expect-error: no messages
batches.start({ input, template: base });
// @ts-expect-error: batches do not stream
batches.start({ input, template: { ...base, messages: user('{{text}}'), stream: false } });
// @ts-expect-error: no placeholder
batches.start({ input, template: 'params' });
// @ts-expect-error: both
const both: JobSpec = { template: '{{params}}', builder: 'b' };

// A value of the SDK's own types is accepted.
declare const sdkParams: Anthropic.MessageCreateParamsNonStreaming;
declare const betaParams: Anthropic.Beta.Messages.MessageCreateParamsNonStreaming;
expectTypeOf(sdkParams).toExtend<RequestParams>();
expectTypeOf(betaParams).toExtend<RequestParams>();
expectTypeOf(sdkParams).toExtend<RequestTemplate>();

// execute
batches.execute([{ id: 'a', params: sdkParams }]);
const answers = batches.execute({
  a: { ...base, messages: [{ role: 'user', content: 'hi' }] },
  b: { ...base, messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] },
});
expectTypeOf<keyof Awaited<typeof answers>>().toEqualTypeOf<'a' | 'b'>();
// @ts-expect-error: no max_tokens
batches.execute({ a: { model: 'm', messages: user('hi') } });
// @ts-expect-error: a misspelt role
batches.execute([{ id: 'a', params: { ...base, messages: [{ role: 'usr', content: 'hi' }] } }]);

// Builders
const review = defineBuilder<{ text: string; short?: boolean }>(({ id, line, fields }) => {
  expectTypeOf(id).toEqualTypeOf<string>();
  expectTypeOf(line).toEqualTypeOf<number>();
  expectTypeOf(fields.short).toEqualTypeOf<boolean | undefined>();
  return { ...base, messages: [{ role: 'user', content: fields.text }] };
});
expectTypeOf(review).toEqualTypeOf<RequestBuilder>();
const builders: Builders = {
  review,
  plain: ({ fields }) => ({ ...base, messages: user(String(fields.text)) }),
};
// @ts-expect-error: no such field
defineBuilder<{ text: string }>(({ fields }) => ({ ...base, messages: user(fields.txt) }));
defineBuilder<{ text: string }>(({ fields }) => ({
  ...base,
  // @ts-expect-error: a misspelt role
  messages: [{ role: 'usr', content: fields.text }],
}));
// @ts-expect-error: asynchronous
defineBuilder(async () => ({ ...base, messages: user('x') }));
void [both, builders];
