import { describe, expect, it } from 'vitest';
import { duration } from '../../../src/job-spec/duration';
import { jobOptions, normalizeSpec, type SpecContext } from '../../../src/job-spec/normalize';
import { SpecError } from '../../../src/job-spec/validation-errors';

const TEMPLATE = {
  model: 'claude-haiku-5-5',
  max_tokens: 100,
  messages: [{ role: 'user', content: '{{text}}' }],
};

const LINE = { input: '3', output: '15', cacheWrite5m: '3.75', cacheWrite1h: '6', cacheRead: '0.30' };

const JOB: SpecContext = { id: 'job', source: { kind: 'input', format: 'jsonl' } };

const normalize = (options: object, job = JOB) => normalizeSpec({ template: TEMPLATE, ...options }, job);

function problems(options: unknown, job = JOB) {
  try {
    normalizeSpec(options, job);
  } catch (error) {
    if (error instanceof SpecError) return error.problems;
    throw error;
  }
  return [];
}

describe('a job spec', () => {
  it('has every default filled in', () => {
    expect(normalize({})).toEqual({
      version: 1,
      id: 'job',
      source: { kind: 'input', format: 'jsonl' },
      request: { template: TEMPLATE },
      model: 'claude-haiku-5-5',
      idField: 'id',
      chunkSize: 10_000,
      chunkBytes: 230_400_000,
      waitForWorker: 86_400_000,
      betas: [],
      allowUnknownParams: [],
      settings: {
        maxBatchesInFlight: 20,
        maxRequestsInFlight: 200_000,
        pollFloor: 30_000,
        pollCeiling: 900_000,
        maxRounds: 3,
        resendLostResults: false,
        deduplicate: true,
        reuse: false,
        onBudget: 'refuse',
        liveBelow: 0,
      },
    });
  });

  it('keeps what is given', () => {
    const spec = normalize({
      chunkSize: 1,
      chunkBytes: 1_000,
      maxBatchesInFlight: 1,
      maxRequestsInFlight: 5,
      pollFloor: '1s',
      pollCeiling: '2m',
      maxRounds: 20,
      resendLostResults: true,
      deduplicate: false,
      reuse: '7d',
      maxUsd: 12.5,
      maxUsdPerRequest: '0.000000000001',
      onBudget: 'wait',
      liveBelow: 50,
      waitForWorker: '2h',
      betas: ['a-2026-01-01', 'a-2026-01-01'],
      allowUnknownParams: ['new_field'],
      idField: 'key',
      prices: { m: { ...LINE, input: 3 }, n: [{ ...LINE, upTo: 1_000 }, LINE] },
      tags: { team: 'search', 'cost-center': 'ü 7' },
    });
    expect(jobOptions(spec)).toEqual({
      chunkSize: 1,
      chunkBytes: 1_000,
      maxBatchesInFlight: 1,
      maxRequestsInFlight: 5,
      pollFloor: 1_000,
      pollCeiling: 120_000,
      maxRounds: 20,
      resendLostResults: true,
      deduplicate: false,
      reuse: 604_800_000,
      maxUsd: '12.50',
      maxUsdPerRequest: '0.000000000001',
      onBudget: 'wait',
      liveBelow: 50,
      waitForWorker: 7_200_000,
      betas: ['a-2026-01-01'],
      allowUnknownParams: ['new_field'],
      idField: 'key',
      prices: { m: [LINE], n: [{ ...LINE, upTo: 1_000 }, LINE] },
      tags: { team: 'search', 'cost-center': 'ü 7' },
    });
    expect(normalize(jobOptions(spec))).toEqual(spec);
  });

  it('names a model only if all requests have the same', () => {
    expect(normalize({ template: { ...TEMPLATE, model: '{{model}}' } }).model).toBeUndefined();
    expect(normalizeSpec({ builder: 'b' }, JOB)).not.toHaveProperty('model');
    expect(normalizeSpec({ builder: 'b' }, JOB).request).toEqual({ builder: 'b' });
  });

  it('raises the ceiling to a floor above its default', () => {
    expect(normalize({ pollFloor: '1h' }).settings.pollCeiling).toBe(3_600_000);
  });

  it('of a retry uses the stored requests', () => {
    const source = { kind: 'retry', of: { id: 'a', instance: 'b' }, chunks: 2 } as const;
    const job = { id: 'again', source, model: 'claude-opus-5' };
    expect(normalizeSpec({ maxRounds: 1 }, job)).toMatchObject({
      source,
      request: { stored: true },
      model: 'claude-opus-5',
    });
    expect(problems({ template: TEMPLATE }, job)).toMatchObject([{ option: 'template' }]);
  });
});

describe('a refused option', () => {
  it.each([
    ['chunkSize', 0, '`chunkSize` must be an integer from 1 to 100,000 (got 0).'],
    ['chunkSize', 100_001, '(got 100001).'],
    ['chunkSize', '10', '(got "10").'],
    ['chunkSize', 1.5, '(got 1.5).'],
    ['chunkSize', Number.NaN, '(got NaN).'],
    ['chunkSize', null, '(got null).'],
    ['chunkBytes', 256_000_001, 'must be an integer number of bytes from 1 to 256,000,000 (got 256000001).'],
    ['maxBatchesInFlight', 0, 'must be an integer of at least 1 (got 0).'],
    ['maxRequestsInFlight', -1, '(got -1).'],
    ['pollFloor', '0.5s', '`pollFloor` must be a duration from 1s to 24h, such as "30s"'],
    ['pollFloor', 'soon', '(got "soon").'],
    ['pollCeiling', '10', '(got "10").'],
    ['pollCeiling', '2d', '(got "2d").'],
    ['maxRounds', 21, '`maxRounds` must be an integer from 1 to 20 (got 21).'],
    ['maxUsd', 0, '`maxUsd` must be an amount in USD above 0'],
    ['maxUsd', '1,5', '(got "1,5").'],
    ['maxUsd', -1, '(got -1).'],
    ['maxUsdPerRequest', '0.0000000000001', '`maxUsdPerRequest` must be'],
    ['onBudget', 'stop', '`onBudget` must be "refuse", "end" or "wait" (got "stop").'],
    ['betas', 'a', '`betas` must be an array'],
    ['betas', ['a,b'], '(got ["a,b"]).'],
    ['allowUnknownParams', 'a', 'must be an array of names of fields'],
    ['allowUnknownParams', ['a', 'max_tokens'], '(got ["a","max_tokens"]).'],
    ['idField', '', '(got "").'],
    ['prices', [], '`prices` must be an object of prices by model'],
    ['prices', { m: [] }, '(got {"m":[]}; the problem is at m).'],
    ['prices', { m: { ...LINE, output: '-1' } }, '; the problem is at m.0.output).'],
    ['prices', { m: { ...LINE, upto: 5 } }, '; the problem is at m.0).'],
    ['tags', 'team', '`tags` must be an object of at most 10 tags'],
    ['tags', { team: '' }, '(got {"team":""}; the problem is at team).'],
    ['tags', { team: 7 }, '; the problem is at team).'],
    ['tags', JSON.parse('{"__proto__":"x"}'), '; the problem is at __proto__).'],
    ['prices', JSON.parse('{"__proto__":[]}'), '; the problem is at __proto__).'],
    ['tags', { team: 'a\nb' }, '; the problem is at team).'],
    ['tags', { team: 'x'.repeat(129) }, '; the problem is at team).'],
    ['tags', { 'the team': 'a' }, '; the problem is at the team).'],
    [
      'tags',
      Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`t${n}`, 'v'])),
      'must be an object of at most 10 tags',
    ],
  ])('%s: %j', (option, value, message) => {
    const [problem, ...others] = problems({ template: TEMPLATE, [option]: value });
    expect(others).toEqual([]);
    expect(problem?.option).toBe(option);
    expect(problem?.message).toContain(message);
  });

  it('is a ceiling below the floor', () => {
    expect(problems({ template: TEMPLATE, pollFloor: '1m', pollCeiling: '30s' })).toEqual([
      {
        option: 'pollCeiling',
        message: '`pollCeiling` must be at least pollFloor, which is 60000 ms (got "30s").',
      },
    ]);
  });

  it.each([
    ['chunksize', 'Did you mean chunkSize?'],
    ['chunk-size', 'Did you mean chunkSize?'],
    ['maxRound', 'Did you mean maxRounds?'],
    ['beta', 'Did you mean betas?'],
    ['tmplate', 'Did you mean template?'],
    ['zzzzzzzz', 'The options are template, builder, chunkSize'],
  ])('is unknown: %s', (option, hint) => {
    const [problem] = problems({ template: TEMPLATE, [option]: 5 });
    expect(problem?.message).toContain(`There is no option "${option}" (got 5). ${hint}`);
  });

  it('is a job id that is too long for the ids of its chunks, or that looks like a chunk id', () => {
    for (const id of ['', 'é'.repeat(451), 'a/chunk-0', 'a/segment-12', 'b/c/chunk-3-salvage']) {
      expect(() => normalizeSpec({ template: TEMPLATE }, { ...JOB, id })).toThrow(
        /must be a string of 1 to 900 bytes/,
      );
    }
    for (const id of ['é'.repeat(450), 'chunk-0', 'a/chunk-0/b', 'a/chunk-x']) {
      expect(normalizeSpec({ template: TEMPLATE }, { ...JOB, id }).id).toBe(id);
    }
  });

  it('is reported together with all others', () => {
    const error = (() => {
      try {
        normalizeSpec({ chunkSize: 0, maxRounds: 99, rounds: 1 }, { ...JOB, id: '' });
      } catch (error) {
        return error as SpecError;
      }
    })();
    expect(error?.problems.map(({ option }) => option)).toEqual([
      'id',
      'rounds',
      'chunkSize',
      'maxRounds',
      'template',
    ]);
    for (const { message } of error?.problems ?? []) expect(error?.message).toContain(message);
  });

  it.each([
    [{}, '`template` or `builder` is required'],
    [{ template: TEMPLATE, builder: 'b' }, '`template` and `builder` cannot be combined'],
    [{ builder: () => ({}) }, '`builder` must name a function'],
    [{ builder: '' }, '(got "")'],
    [{ template: null }, '`template` must be an object'],
    [{ template: 'text' }, '`template` must be an object'],
    [{ template: { ...TEMPLATE, top_k: 1 } }, '`template.top_k` is not allowed in a batch'],
    [{ template: { ...TEMPLATE, model: '{{' } }, '`template.model` contains "{{", which names no field'],
    [
      { template: { ...TEMPLATE, sytem: 'x' } },
      '`template.sytem` is not a field of the Messages API. Did you',
    ],
    [{ template: { ...TEMPLATE, system: '\ud800' } }, 'a lone surrogate'],
    [{ template: { ...TEMPLATE, n: 1n } }, 'cannot be serialized as JSON'],
  ])('is the request: %#', (options, message) => {
    expect(problems(options).map((problem) => problem.message)).toEqual([expect.stringContaining(message)]);
  });

  it.each([null, undefined, [], 'x'])('is the spec itself: %j', (spec) => {
    expect(problems(spec)).toMatchObject([{ option: 'spec' }]);
  });
});

describe('a duration', () => {
  it.each([
    ['1s', 1_000],
    ['10m', 600_000],
    ['1.5h', 5_400_000],
    ['2 minutes', 120_000],
    ['500ms', 500],
    [1_500, 1_500],
    [0, 0],
  ])('%j', (value, expected) => {
    expect(duration(value, 'x')).toBe(expected);
  });

  it.each(['10', '', 's', '-1s', '1 fortnight', '1s 2s', -1, Number.NaN, Number.POSITIVE_INFINITY, null, {}])(
    'is not %j',
    (value) => {
      expect(() => duration(value, 'grace')).toThrow(/`grace` must be a duration such as "1s".* \(got /);
    },
  );
});

describe('onComplete', () => {
  const normalized = (onComplete: unknown) =>
    normalizeSpec({ builder: 'b', onComplete }, { id: 'a', source: { kind: 'input', format: 'jsonl' } })
      .onComplete;

  it.each([
    { workflow: 'notify' },
    { workflow: 'notify', taskQueue: 'team', args: [1, { a: null }] },
    { webhook: 'ops-2' },
  ])('takes %j', (given) => {
    expect(normalized(given)).toEqual(given);
  });

  it.each([
    { workflow: '' },
    { workflow: 'notify', webhook: 'ops' },
    { workflow: 'notify', taskQueue: '/_sys/internal' },
    { workflow: '\ud800' },
    { workflow: 'notify', args: ['x'.repeat(65_536)] },
    { workflow: 'notify', args: {} },
    { webhook: 'a b' },
    'ops',
  ])('refuses what the server would refuse, which would stop the job: %j', (given) => {
    expect(() => normalized(given)).toThrow('`onComplete` must be {"workflow": TYPE}');
  });
});
