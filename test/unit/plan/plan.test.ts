import { CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { REQUEST_OVERHEAD } from '../../../src/input/chunk';
import type { Builders } from '../../../src/job-spec/builder';
import type { RequestParams } from '../../../src/job-spec/params/types';
import { keys } from '../../../src/records/keys';
import { StoreError } from '../../../src/store/store';
import fc from '../../support/fc';
import { MemoryStore } from '../../support/memory-store';
import { paramsOf, TEMPLATE } from '../../support/template';
import { jsonl, Planning } from './planning';

const many = (count: number, text = 'hi') => Array.from({ length: count }, (_, i) => ({ id: `d${i}`, text }));

describe('planning', () => {
  it('writes one line for each document and each request', async () => {
    const planning = await Planning.of('{"id":"a b/c","text":"\u2028👋"}\n\n{"text":"\\"x\\""}\n');
    expect(await planning.all()).toEqual([{ chunks: [{ documents: 2, requests: 2 }] }]);
    expect(planning.documents(0)).toEqual([
      { id: 'a b/c', line: 1 },
      { id: '3', line: 3 },
    ]);
    expect(planning.requests(0).map((params) => params.messages[0].content)).toEqual(['\u2028👋', '"x"']);
  });

  it.each(['', '\n\n'])('of an empty input plans no chunk: %j', async (input) => {
    const planning = await Planning.of(input);
    expect(await planning.all()).toEqual([{ chunks: [] }]);
  });

  it('plans a CSV in several pages', async () => {
    const rows = Array.from({ length: 45 }, (_, i) => `r${i},"line 1\nline ${i}"`);
    const planning = await Planning.of(`id,text\n${rows.join('\n')}`, {
      format: 'csv',
      spec: { chunkSize: 2 },
    });
    const pages = await planning.all();
    expect(pages.map(({ chunks }) => chunks.length)).toEqual([20, 3]);
    expect(planning.documents(20)[0]).toEqual({ id: 'r40', line: 82 });
    expect(planning.requests(22)[0].messages[0].content).toBe('line 1\nline 44');
  });

  it('plans no page after the last document', async () => {
    const planning = await Planning.of(`${jsonl(many(40))}\n\n`, { spec: { chunkSize: 2 } });
    expect((await planning.all()).map(({ chunks }) => chunks.length)).toEqual([20]);
  });

  it('records an outcome for a request above the byte limit', async () => {
    const documents = [{ text: 'a' }, { text: 'b'.repeat(1_000) }, { text: 'c' }];
    const planning = await Planning.of(jsonl(documents), { spec: { chunkBytes: 1_000 } });
    expect(await planning.all()).toEqual([{ chunks: [{ documents: 3, requests: 2 }] }]);
    expect(planning.requests(0)[1]).toBeNull();
    const size = JSON.stringify(TEMPLATE).length - '{{text}}'.length + 1_000 + REQUEST_OVERHEAD;
    expect(planning.documents(0)[1]).toEqual({
      id: '2',
      line: 2,
      not_sent: {
        type: 'request_too_large',
        message: `The request has ${size} bytes. A chunk may have at most 1000 (chunkBytes).`,
      },
    });
  });

  it('writes the same bytes again when a page is repeated', async () => {
    const planning = await Planning.of(jsonl(many(50)), { spec: { chunkSize: 2 } });
    const [first] = await planning.all();
    const before = new Map(planning.store.entries);
    expect(await planning.page()).toEqual(first);
    await planning.page(first?.cursor);
    expect(planning.store.entries).toEqual(before);
  });

  it('plans every document once, in order, in chunks within the limits', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((prompt) => /\S/.test(prompt));
    const input = fc.array(fc.record({ text }), { maxLength: 60 });
    const limits = {
      chunkSize: fc.integer({ min: 1, max: 7 }),
      chunkBytes: fc.integer({ min: 300, max: 1_500 }),
    };
    await fc.assert(
      fc.asyncProperty(
        input,
        fc.record(limits),
        fc.integer({ min: 1, max: 500 }),
        async (documents, spec, pieceSize) => {
          const planning = await Planning.of(jsonl(documents), { spec }, new MemoryStore(pieceSize));
          const chunks = (await planning.all()).flatMap((page) => page.chunks);
          const planned = chunks.map((_, chunk) => {
            const requests = planning.store.text(keys.requests(planning.job, chunk)).split('\n').slice(0, -1);
            return { requests, documents: planning.documents(chunk) };
          });

          const lines = planned.flatMap((chunk) => chunk.documents.map(({ line }) => line));
          expect(lines).toEqual(documents.map((_, index) => index + 1));
          const texts = planned.flatMap(({ requests }) =>
            requests.map((json) => JSON.parse(json)?.messages[0].content),
          );
          texts.forEach((text, index) => {
            if (text !== undefined) expect(text).toBe(documents[index]?.text);
          });

          for (const [index, { requests, documents }] of planned.entries()) {
            const sent = requests.filter((json) => json !== 'null');
            expect(chunks[index]).toEqual({ documents: documents.length, requests: sent.length });
            expect(documents.length).toBeLessThanOrEqual(spec.chunkSize);
            expect(documents.length).toBeGreaterThan(0);
            const bytes = sent.reduce((sum, json) => sum + Buffer.byteLength(json) + REQUEST_OVERHEAD, 0);
            expect(bytes).toBeLessThanOrEqual(spec.chunkBytes);
            documents.forEach((document, ordinal) => {
              expect(requests[ordinal] === 'null').toBe(document.not_sent !== undefined);
            });
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('sends heartbeats', async () => {
    const planning = await Planning.of(jsonl(many(1)));
    let heartbeats = 0;
    planning.environment.on('heartbeat', () => heartbeats++);
    await planning.all();
    expect(heartbeats).toBeGreaterThan(0);
  });

  it('stops when it is canceled, between two pieces of the input', async () => {
    const planning = await Planning.of(jsonl(many(10)), {}, new MemoryStore(10));
    planning.environment.cancel();
    await expect(planning.page()).rejects.toThrow(CancelledFailure);
    expect(planning.store.entries.has(keys.documents(planning.job, 0))).toBe(false);
  });
});

describe('a builder', () => {
  it('that makes other requests the next time changes no planned chunk', async () => {
    let size = 10;
    const builders = { mine: () => ({ ...TEMPLATE, system: 'x'.repeat(size) }) };
    const options = { spec: { builder: 'mine', template: undefined, chunkBytes: 5_000 }, builders };
    const planning = await Planning.of(jsonl(many(60)), options);
    const pages = await planning.all();
    const chunks = pages.flatMap(({ chunks }) => chunks).length;
    const planned = () =>
      Array.from({ length: chunks }, (_, chunk) => [planning.documents(chunk), planning.requests(chunk)]);
    const before = planned();

    size = 1_000;
    expect(await planning.all()).toEqual(pages);
    expect(planned()).toEqual(before);
  });

  const builder = (build: (fields: Record<string, unknown>) => unknown) => ({
    spec: { builder: 'mine', template: undefined },
    // Builders in JavaScript may return anything.
    builders: { mine: ({ fields }) => build(fields) as RequestParams } satisfies Builders,
  });

  it('makes the requests', async () => {
    const options = builder(({ text }) => ({
      ...TEMPLATE,
      messages: [{ role: 'user', content: [{ type: 'text', text }] }],
    }));
    const planning = await Planning.of(jsonl(many(1, '👋')), options);
    await planning.all();
    const content = [{ type: 'text', text: '👋' }];
    expect(planning.requests(0)[0].messages).toEqual([{ role: 'user', content }]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no text');
      },
      'the builder "mine" threw: no text.',
    ],
    [
      'is asynchronous',
      async () => TEMPLATE,
      'is asynchronous: a builder must return the params, not a promise.',
    ],
    ['gives nothing', () => undefined, 'returned invalid params: `params` must be an object (got nothing).'],
    ['sets temperature', () => ({ ...TEMPLATE, temperature: 1 }), '`temperature` is not allowed in a batch'],
    [
      'misspells a field',
      () => ({ ...TEMPLATE, sytem: 'x' }),
      '`sytem` is not a field of the Messages API. Did',
    ],
    ['gives half a surrogate', () => ({ ...TEMPLATE, system: '\ud800' }), 'a lone surrogate'],
    [
      'gives no JSON',
      () => ({ ...TEMPLATE, tools: [{ name: 'n', input_schema: { type: 'object', x: 1n } }] }),
      'cannot be serialized as JSON',
    ],
  ])('that %s fails the job and names the document', async (_, build, message) => {
    const planning = await Planning.of(jsonl(many(1)), builder(build));
    await expect(planning.all()).rejects.toMatchObject({
      type: 'anthropic.InputInvalid',
      nonRetryable: true,
      message: 'Line 1 of the input got no request from the builder "mine".',
      whole: expect.stringContaining(message),
    });
    await expect(planning.all()).rejects.toMatchObject({
      whole: expect.stringMatching(/^Document "d0" \(line 1\): the builder "mine" /),
    });
  });

  it('that the worker lacks is named, with those that it has', async () => {
    const planning = await Planning.of('', { ...builder(() => TEMPLATE), spec: { builder: 'other' } });
    await expect(planning.all()).rejects.toMatchObject({
      type: 'anthropic.UnknownBuilder',
      // Another worker of the task queue may have it.
      nonRetryable: false,
      message:
        'The worker has no builder "other": it has mine. ' +
        'Pass it to the plugin in `builders`, or to the command line with --builders.',
    });
  });
});

describe('an invalid input', () => {
  it.each([
    ['{"text":"a"}\n{"text":', 'Line 2: it is not valid JSON'],
    ['{"text":"a"}\n{"id":"b"}', 'Document "b" (line 2): the field "text" is missing'],
    ['{"id":"x","text":"\\ud800"}', 'Document "x" (line 1): the field "text" contains a lone surrogate'],
    [
      '{"text":"a"}\n{"id":"x","text":""}',
      'Document "x" (line 2): its request is invalid: `messages[0].content` (from the field "text") must be a ' +
        'non-empty string or a non-empty array (got an empty string).',
    ],
  ])('fails permanently: %j', async (input, message) => {
    const planning = await Planning.of(input);
    await expect(planning.all()).rejects.toMatchObject({
      type: 'anthropic.InputInvalid',
      nonRetryable: true,
      message: expect.stringMatching(/^Line \d of the input is invalid\.$/),
      whole: expect.stringContaining(message),
    });
  });

  it.each([
    ['[{"text":"a"},{"id":"b"}]', 'Document "b" (element 2): the field "text" is missing'],
    ['[{"text":"a"}\n,\n7]', 'Element 2: it must be a JSON object (got a number).'],
  ])('of a JSON array is named by its element: %j', async (input, message) => {
    const planning = await Planning.of(input, { format: 'json' });
    await expect(planning.all()).rejects.toMatchObject({
      message: 'Element 2 of the input is invalid.',
      whole: expect.stringContaining(message),
    });
  });

  it('is a whole request that has an unknown field', async () => {
    const row = { custom_id: 'x', params: { ...paramsOf('hi'), sytem: 'You answer.' } };
    const planning = await Planning.of(jsonl([row]), {
      spec: { template: '{{params}}', idField: 'custom_id' },
    });
    await expect(planning.all()).rejects.toMatchObject({
      type: 'anthropic.InputInvalid',
      message: 'Line 1 of the input is invalid.',
      whole:
        'Document "x" (line 1): its request is invalid: `sytem` (from the field "params") is not a field of ' +
        'the Messages API. Did you mean `system`?',
    });
  });

  it.each([
    [{ betas: ['mcp-client-2025-11-20'] }, { mcp_servers: [] }],
    [{ allowUnknownParams: ['brand_new'] }, { brand_new: 1 }],
  ])('is none if the spec allows the field: %j', async (spec, more) => {
    const planning = await Planning.of(jsonl([{ params: { ...paramsOf('hi'), ...more } }]), {
      spec: { template: '{{params}}', ...spec },
    });
    expect(await planning.all()).toEqual([{ chunks: [{ documents: 1, requests: 1 }] }]);
    expect(planning.requests(0)[0]).toMatchObject(more);
  });

  it('is one that does not exist', async () => {
    const planning = await Planning.of('');
    await planning.store.delete(keys.input(planning.job, 'jsonl'));
    await expect(planning.all()).rejects.toMatchObject({
      type: 'anthropic.InputMissing',
      nonRetryable: true,
    });
  });

  it('is retried if the store fails', async () => {
    const planning = await Planning.of(jsonl(many(1)));
    planning.store.put = async () => {
      throw new StoreError('The disk is full.', 'some/key');
    };
    await expect(planning.all()).rejects.toMatchObject({
      type: 'anthropic.Store',
      nonRetryable: false,
      message: 'The disk is full.',
    });
  });
});
