import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { type EstimateOptions, estimateJob } from '../../../src/client/costs/estimate';
import { EstimateError, InputSourceError, OptionError } from '../../../src/client/errors';
import type { Estimate } from '../../../src/cost/estimate/estimate';
import { PRICES } from '../../../src/cost/prices/price-list';
import { priceOf, UnknownModelError } from '../../../src/cost/prices/prices';
import { parseUsd, usdString } from '../../../src/cost/prices/usd';
import type { Builders } from '../../../src/job-spec/builder';
import type { RequestParams } from '../../../src/job-spec/params/types';
import { compileTemplate } from '../../../src/job-spec/template';
import { SpecError } from '../../../src/job-spec/validation-errors';
import type { Tokens } from '../../../src/simulator/index';
import fc from '../../support/fc';
import { tempDir } from '../../support/temp-dir';
import { TEMPLATE } from '../../support/template';
import { clientOf, collect, simulate } from '../simulator/support';

type Options = Partial<EstimateOptions> & { documents?: object[] };

/** Estimates over HTTP, with its own simulator. */
async function estimating() {
  const simulator = await simulate({ duration: 0 });
  const anthropic = clientOf(simulator);
  const estimate = (
    { documents, ...options }: Options,
    warn: (message: string) => void = () => {},
  ): Promise<Estimate> =>
    estimateJob(
      {
        anthropic,
        template: TEMPLATE,
        input: { documents: documents ?? [] },
        ...options,
      } as EstimateOptions,
      warn,
    );
  return { simulator, anthropic, estimate };
}

const texts = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => ({ id: `d-${index}`, text: text(index) }));

/** Texts of 4 to 8,000 characters, with a token for every 3 or 4 characters in the simulator. */
const varied = (count: number) =>
  texts(count, (i) => (i % 3 === 0 ? 'é' : 'word').repeat(1 + ((i * 7_919) % 2_000)));

const pico = (usd: string) => parseUsd(usd)!;

describe('an estimate against the bill', () => {
  /** The bill for a batch of all these requests, from the simulator's books. */
  async function bill(world: Awaited<ReturnType<typeof estimating>>, template: object, documents: object[]) {
    const { simulator, anthropic } = world;
    const write = compileTemplate(template, { betas: [], allowUnknownParams: [] });
    const requests = documents.map((fields, index) => ({
      custom_id: `r-${index}`,
      params: JSON.parse(
        write({ id: String(index), line: index + 1, fields: fields as Record<string, unknown> }),
      ),
    }));
    const { id } = await anthropic.messages.batches.create({ requests });
    await expect
      .poll(async () => (await anthropic.messages.batches.retrieve(id)).processing_status)
      .toBe('ended');
    const rows = await collect(await anthropic.messages.batches.results(id));
    let usd = 0n;
    let input = 0;
    for (const { result } of rows) {
      if (result.type !== 'succeeded') throw new Error(`A request ${result.type}.`);
      const { usage, model } = result.message;
      const tokens = {
        input: usage.input_tokens,
        output: usage.output_tokens,
        cacheWrite5m: usage.cache_creation?.ephemeral_5m_input_tokens ?? 0,
        cacheWrite1h: usage.cache_creation?.ephemeral_1h_input_tokens ?? 0,
        cacheRead: usage.cache_read_input_tokens ?? 0,
      };
      usd += priceOf(PRICES, model, tokens, new Date()).batch;
      input += tokens.input + tokens.cacheWrite5m + tokens.cacheWrite1h + tokens.cacheRead;
    }
    const { tokens }: { tokens: Tokens } = (await simulator.books()) as never;
    return { usd, input, tokens };
  }

  const cached = (ttl?: '5m' | '1h') => ({
    ...TEMPLATE,
    system: [
      {
        type: 'text',
        text: 'Be brief. '.repeat(500),
        cache_control: { type: 'ephemeral', ...(ttl ? { ttl } : {}) },
      },
    ],
  });

  test.each([
    ['plain requests', TEMPLATE],
    ['a cache of 5 minutes', cached()],
    ['a cache of an hour', cached('1h')],
  ])(
    'with exact counts: equal input tokens, and a bill between low and worst, for %s',
    async (_, template) => {
      const world = await estimating();
      const documents = varied(60);
      const { inputTokens, usd, counted } = await world.estimate({ template, documents, exact: true });
      const billed = await bill(world, template, documents);
      expect(counted).toBe(60);
      expect(inputTokens).toEqual({ low: billed.input, likely: billed.input, worst: billed.input });
      expect(pico(usd.worst.batch)).toBeGreaterThanOrEqual(billed.usd);
      expect(billed.usd).toBeGreaterThanOrEqual(pico(usd.low.batch));
    },
  );

  test('tiers apply to each request', async () => {
    const world = await estimating();
    // 100,000 tokens are the upper end of the lower tier.
    const documents = texts(4, (i) => 'abcd'.charAt(i).repeat(400_000 + (i % 2)));
    const { usd } = await world.estimate({ documents, exact: true, outputTokens: 10 });
    expect(usd.likely.standard).toBe(
      usdString(
        2n * priceOf(PRICES, TEMPLATE.model, { ...NONE, input: 100_000, output: 10 }, new Date()).standard +
          2n * priceOf(PRICES, TEMPLATE.model, { ...NONE, input: 100_001, output: 10 }, new Date()).standard,
      ),
    );
  });

  test('a sample comes close to it, with few calls', async () => {
    const world = await estimating();
    const documents = varied(600);
    const { inputTokens, counted, documents: all } = await world.estimate({ documents });
    expect([all, counted, world.simulator.calls().count_tokens]).toEqual([600, 100, 100]);
    const exact = await world.estimate({ documents, exact: true });
    const truth = exact.inputTokens.likely;
    expect(Math.abs(inputTokens.likely / truth - 1)).toBeLessThan(0.1);
    expect(inputTokens.low).toBeLessThan(truth);
    expect(inputTokens.worst).toBeGreaterThan(truth);
  });
});

const NONE = { input: 0, output: 0, cacheWrite5m: 0, cacheWrite1h: 0, cacheRead: 0 };
const BOUNDS = ['low', 'likely', 'worst'] as const;

test('low is at most likely, likely is at most worst, a batch costs exactly half, and a sample of all requests is exact', async () => {
  const { estimate } = await estimating();
  const builders: Builders = { params: ({ fields }) => fields.params as RequestParams };
  const prompt = fc.string({ unit: 'grapheme' }).filter((text) => /\S/.test(text));
  const model = fc.constantFrom('claude-haiku-5-5', 'claude-opus-4-5', 'claude-sonnet-5-5');
  const request = fc.record({
    model,
    max_tokens: fc.integer({ min: 1, max: 1_000 }),
    messages: fc.tuple(fc.record({ role: fc.constant('user'), content: prompt })),
    cache_control: fc.constantFrom(null, { type: 'ephemeral' }, { type: 'ephemeral', ttl: '1h' }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 50 }),
      fc.option(fc.integer({ min: 1, max: 2_000 }), { nil: undefined }),
      async (all, sample, outputTokens) => {
        const options = {
          template: undefined,
          builder: 'params',
          builders,
          documents: all.map((params) => ({ params })),
          outputTokens,
        } as Options;
        const found = await estimate({ ...options, sample });
        const models = new Set(all.map((each) => each.model)).size;
        expect(found.counted).toBeLessThanOrEqual(sample + models - 1);
        for (const tokens of [found.inputTokens, found.outputTokens]) {
          expect(tokens.low).toBeLessThanOrEqual(tokens.likely);
          expect(tokens.likely).toBeLessThanOrEqual(tokens.worst);
        }
        const [low, likely, worst] = BOUNDS.map((bound) => found.usd[bound]);
        expect(pico(low!.standard)).toBeLessThanOrEqual(pico(likely!.standard));
        expect(pico(likely!.standard)).toBeLessThanOrEqual(pico(worst!.standard));
        for (const { standard, batch, saved } of [low!, likely!, worst!]) {
          expect(pico(batch) * 2n).toBe(pico(standard));
          expect(saved).toBe(batch);
        }
        const exact = await estimate({ ...options, exact: true });
        expect(found.requests).toBe(exact.requests);
        if (sample >= all.length) expect(found).toEqual(exact);
        expect(await estimate({ ...options, sample })).toEqual(found);
      },
    ),
    { numRuns: 25 },
  );
}, 60_000);

describe('documents that their model refuses', () => {
  test('are counted, and the first are named with their lines', async () => {
    const { estimate } = await estimating();
    const template = { ...TEMPLATE, model: 'claude-haiku-4-5' };
    const long = 'a'.repeat(800_003);
    const documents = [
      ...texts(3, (i) => `short ${i}`),
      ...Array.from({ length: 7 }, (_, i) => ({ id: `long-${i}`, text: long + i })),
    ];
    const { overContext, overOutput } = await estimate({ template, documents, exact: true });
    expect(overContext.documents).toBe(7);
    expect(overContext.first.map(({ id, line }) => [id, line])).toEqual(
      [0, 1, 2, 3, 4].map((i) => [`long-${i}`, i + 4]),
    );
    expect(overContext.first[0]).toMatchObject({
      model: 'claude-haiku-4-5',
      tokens: 200_001,
      limit: 200_000,
      counted: true,
    });
    expect(overOutput.documents).toBe(0);
  });

  test('are found by their size if their tokens were not counted', async () => {
    const { estimate } = await estimating();
    const template = { ...TEMPLATE, model: 'claude-haiku-4-5' };
    const documents = texts(5, (i) => 'a'.repeat(800_003) + i);
    const { overContext, counted } = await estimate({ template, documents, sample: 1 });
    expect([overContext.documents, counted]).toEqual([5, 1]);
    expect(overContext.first.filter((each) => each.counted)).toHaveLength(1);
  });

  test('a max_tokens above the model’s limit is reported unless a beta allows longer answers', async () => {
    const { estimate } = await estimating();
    const template = { ...TEMPLATE, max_tokens: 128_001 };
    const documents = texts(1, () => 'x');
    const { overOutput } = await estimate({ template, documents });
    expect(overOutput).toEqual({
      documents: 1,
      first: [{ id: 'd-0', line: 1, model: TEMPLATE.model, tokens: 128_001, limit: 128_000, counted: true }],
    });
    const longer = await estimate({ template, documents, betas: ['output-300k-2026-03-24'] });
    expect(longer.overOutput.documents).toBe(0);
  });

  test('unknown limits of a model are reported', async () => {
    const { estimate } = await estimating();
    const prices = { mine: { input: 6, output: 30, cacheWrite5m: 7.5, cacheWrite1h: 12, cacheRead: 0.6 } };
    const found = await estimate({
      template: { ...TEMPLATE, model: 'mine' },
      documents: texts(1, () => 'word'),
      prices,
    });
    expect(found.unknownLimits).toEqual(['mine']);
    expect(found.usd.worst.standard).toBe('0.003006');
  });
});

test('the estimate uses the prices of the job, which replace all prices of a model', async () => {
  const { estimate } = await estimating();
  const own = { input: '2', output: '4', cacheWrite5m: '1', cacheWrite1h: '1', cacheRead: '1' };
  const documents = texts(1, () => 'word');
  // 1 token at 2 USD a million and 100 at 4, where the list has 0.10 and 0.50.
  const spec = { documents, prices: { [TEMPLATE.model]: own } };
  expect((await estimate(spec)).usd.worst.standard).toBe('0.000402');
  expect((await estimate({ documents })).usd.worst.standard).toBe('0.0000501');
});

test('equal requests are counted and priced once, unless each is sent', async () => {
  const { estimate, simulator } = await estimating();
  const documents = texts(300, (i) => `text ${i % 3}`);
  for (const exact of [true, false]) {
    const before = simulator.calls().count_tokens;
    const found = await estimate({ documents, exact });
    expect([found.documents, found.requests, found.equal, found.inputTokens.worst]).toEqual([300, 3, 297, 6]);
    expect([found.counted, simulator.calls().count_tokens - before]).toEqual([3, 3]);
  }
  const each = await estimate({ documents, deduplicate: false });
  // Equal requests have equal counts, so none of these is a guess.
  expect([each.requests, each.equal, each.counted, each.inputTokens.worst]).toEqual([300, 0, 300, 600]);
  expect(simulator.calls().count_tokens).toBe(9);
});

test('answers of earlier jobs are not searched for, and the estimate says so', async () => {
  const { estimate } = await estimating();
  const documents = texts(1, () => 'x');
  const ignored = [];
  for (const reuse of [undefined, false, true, '7d'] as const) {
    ignored.push((await estimate({ documents, reuse })).reuseIgnored);
  }
  expect(ignored).toEqual([false, false, true, true]);
});

test('if most requests are equal, the sample contains the others', async () => {
  const { estimate, simulator } = await estimating();
  const documents = texts(1_000, (i) => (i < 900 ? 'none' : 'word'.repeat(100 + i)));
  const { requests, counted } = await estimate({ documents, sample: 50 });
  expect([requests, counted, simulator.calls().count_tokens]).toEqual([101, 50, 50]);
});

test('a request larger than a chunk is reported, and is in no amount', async () => {
  const { estimate, simulator } = await estimating();
  const documents = texts(3, (i) => 'a'.repeat(i === 1 ? 5_000 : 1 + i));
  for (const exact of [true, false]) {
    const found = await estimate({ documents, chunkBytes: 1_000, exact });
    expect([found.documents, found.tooLarge, found.counted, found.inputTokens.worst]).toEqual([3, 1, 2, 2]);
  }
  expect(simulator.calls().count_tokens).toBe(4);
});

describe('an estimate refuses what a job refuses:', () => {
  const wrong: [string, Options, new (...args: never[]) => Error, RegExp][] = [
    ['a spec', { chunkSize: 0 }, SpecError, /`chunkSize` must be .*\(got 0\)/],
    [
      'a field',
      { documents: [{ id: 'a', text: 'x' }, { id: 'b' }] },
      InputSourceError,
      /^Document "b" \(line 2\): the field "text" is missing/,
    ],
    [
      'an id',
      { documents: texts(3, () => 'x').map((d) => ({ ...d, id: 'same' })) },
      InputSourceError,
      /^Duplicate document id "same": lines 1 and 2\.$/,
    ],
    ['a document', { documents: [{ id: 'a', text: 'x\ud800' }] }, InputSourceError, /lone surrogate/],
    ['a file', { input: { file: '/nowhere/documents.jsonl' } }, InputSourceError, /no such file/],
    ['a builder', { template: undefined, builder: 'sum' } as Options, OptionError, /no builder "sum"/],
    [
      'a model',
      { template: { ...TEMPLATE, model: 'claude-4' }, documents: texts(1, () => 'x') },
      UnknownModelError,
      /"claude-4"/,
    ],
    ['a sample', { sample: 0 }, OptionError, /`sample` must be an integer of at least 1 \(got 0\)/],
    ['an expectation', { outputTokens: 1.5 }, OptionError, /`outputTokens` must be .*\(got 1\.5\)/],
    [
      'prices',
      { prices: { m: { input: '3' } } as never },
      SpecError,
      /`prices` must be .*\(got {"m":{"input":"3"}}/,
    ],
  ];
  test.each(wrong)('%s', async (_, options, type, message) => {
    const { estimate, simulator } = await estimating();
    const error = await estimate(options).catch((e) => e);
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(message);
    expect(simulator.calls().count_tokens).toBe(0);
  });
});

test('a request whose tokens the API cannot count is named', async () => {
  const { estimate, simulator } = await estimating();
  const message = 'tools.0: server tools cannot be counted';
  simulator.faults.set({
    http: [{ kind: 'status', endpoint: 'count_tokens', status: 400, message, times: null }],
  });
  const error = await estimate({ documents: texts(1, () => 'x') }).catch((e) => e);
  expect(error).toBeInstanceOf(EstimateError);
  expect(error.message).toMatch(
    /^The tokens of document "d-0" \(line 1\) cannot be counted: .*tools\.0: server tools/,
  );
});

test('a refused key ends the counting, and is not blamed on a document', async () => {
  const { estimate, simulator } = await estimating();
  simulator.faults.set({ http: [{ kind: 'status', endpoint: 'count_tokens', status: 401, times: null }] });
  const error = await estimate({ documents: texts(500, (i) => `x ${i}`) }).catch((e) => e);
  expect(error.message).toMatch(/^Tokens cannot be counted: The Anthropic API answered 401/);
  expect(simulator.calls().count_tokens).toBeLessThanOrEqual(8);
});

test('a CSV file is read in place', async () => {
  const { estimate } = await estimating();
  const dir = await tempDir();
  const file = join(dir, 'documents.csv');
  await writeFile(
    file,
    `id,text\n${Array.from({ length: 300 }, (_, i) => `d-${i},"line\n${'w'.repeat(i)}"`).join('\n')}\n`,
  );
  const found = await estimate({ input: { file }, sample: 20 });
  expect([found.documents, found.counted]).toEqual([300, 20]);
  const exact = await estimate({ input: { file }, exact: true });
  expect(found.inputTokens.worst).toBeGreaterThanOrEqual(exact.inputTokens.worst);
  expect(await readdir(dir)).toEqual(['documents.csv']);
});

test('documents from code are read once, and leave no file behind', async () => {
  const { estimate } = await estimating();
  // The machine's own temporary folder contains files of other programs.
  const temporary = await tempDir();
  vi.stubEnv('TMPDIR', temporary);
  let during: string[] = [];
  async function* once() {
    during = await readdir(temporary);
    yield* texts(30, (i) => 'word '.repeat(i + 1));
  }
  try {
    expect((await estimate({ input: { documents: once() } })).counted).toBe(30);
  } finally {
    vi.unstubAllEnvs();
  }
  expect(during).toEqual([expect.stringMatching(/^anthropic-batch-/)]);
  expect(await readdir(temporary)).toEqual([]);
});

test('no documents cost nothing', async () => {
  const { estimate, simulator } = await estimating();
  const { documents, usd } = await estimate({});
  expect([documents, usd.worst.standard, simulator.calls().count_tokens]).toEqual([0, '0.00', 0]);
});

test('an estimate warns about a template without a placeholder', async () => {
  const { estimate } = await estimating();
  const warnings: string[] = [];
  const template = { ...TEMPLATE, messages: [{ role: 'user' as const, content: 'Sum up: {text}' }] };
  await estimate({ template, documents: texts(2, () => 'x') }, (message) => warnings.push(message));
  expect(warnings).toEqual([
    expect.stringMatching(/^The template has no placeholder/),
    expect.stringMatching(/^The template contains \{text\} in single braces/),
  ]);
});
