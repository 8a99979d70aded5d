import type { Result } from 'temporal-anthropic-batch/client';
import { describe, expect, test } from 'vitest';
import { paramsDigest } from '../../../src/simulator/hash';
import { answer } from '../../../src/simulator/life/answer';
import { checkJob, type JobEnd } from '../../chaos/check-job';
import { type Expected, firstOfEach, type PlannedJob, planJob } from '../../chaos/jobs';
import { Random } from '../../chaos/random';
import { type Happening, SHORT_RUN, schedule } from '../../chaos/schedule';
import { GRACE } from '../../chaos/times';
import { namedWindow } from '../../chaos/window';
import { paramsOf } from '../../support/template';

/** @param equal the index of the document whose text each document has; its own by default */
const job = (expected: Expected[], equal: Record<number, number> = {}): PlannedJob => ({
  id: 'job',
  documents: expected.map((each, index) => ({
    id: `doc-${index}`,
    text: `text ${equal[index] ?? index}`,
    expected: each,
  })),
  chunkSize: 5,
  maxRounds: 2,
  maxBatchesInFlight: 1,
  terms: {},
  fate: { kind: 'finish' },
});

const succeeded = (index: number, text = `text ${index}`) =>
  ({
    id: `doc-${index}`,
    status: 'succeeded',
    attempts: 1,
    message: { ...answer(paramsOf(text)), id: 'msg_of_its_batch' },
  }) as Result;

const all = <T>(count: number, each: (index: number) => T) =>
  Array.from({ length: count }, (_, i) => each(i));

const failed = (index: number, attempts = 1, type = 'api_error') =>
  ({ id: `doc-${index}`, status: 'errored', attempts, error: { type, message: '' } }) as Result;

const answeredByCall = (index: number, serviceTier: 'standard' | 'batch') =>
  ({
    ...succeeded(index),
    batch_id: null,
    message: answer(paramsOf(`text ${index}`), { serviceTier }),
  }) as Result;

const unsent = (index: number, type: string) =>
  ({ id: `doc-${index}`, status: 'not_sent', attempts: 0, error: { type, message: '' } }) as Result;

/** @param of the differences from a result of the class `unreadable` */
const unread = (index: number, of: object = {}) =>
  ({
    id: `doc-${index}`,
    status: 'errored',
    class: 'unreadable',
    attempts: 1,
    batch_id: 'msgbatch_1',
    custom_id: `nonce-${index}`,
    error: { type: 'unreadable', message: '', row: `{"custom_id":"nonce-${index}","result":{}}` },
    ...of,
  }) as Result;

interface Case {
  expected: Expected[];
  results: Result[];
  equal?: Record<number, number>;
  /** The documents for which a success was billed. */
  paid?: number[];
  end?: JobEnd;
  cut?: number[];
  open?: boolean;
  unplanned?: boolean;
  /** Rounds with fewer requests are sent live. */
  liveBelow?: number;
  /** The documents whose row a fault made impossible to understand. */
  unreadable?: number[];
}

const check = ({
  paid = [],
  end = 'completed',
  cut = [],
  open = true,
  unplanned = false,
  unreadable = [],
  ...given
}: Case) =>
  checkJob({
    plan: { ...job(given.expected, given.equal), terms: { liveBelow: given.liveBelow } },
    end,
    cut: new Set(cut),
    open,
    unplanned,
    results: given.results,
    billed: new Map(paid.map((index) => [paramsDigest(paramsOf(`text ${index}`)), ['msgbatch_1']])),
    unreadable: new Map([['msgbatch_1', new Set(unreadable.map((index) => `nonce-${index}`))]]),
  });

describe('the check of a job under fire', () => {
  test.each<[string, Case]>([
    ['all answered', { expected: ['succeeded'], results: [succeeded(0)], paid: [0] }],
    ['an ordered failure', { expected: ['failed'], results: [failed(0)] }],
    ['a failure in every round', { expected: ['either'], results: [failed(0, 2)] }],
    ['a document of a canceled job', { expected: ['succeeded'], results: [failed(0)], end: 'canceled' }],
    [
      'an answer that was lost when the job was canceled, and is reported as lost',
      { expected: ['succeeded'], results: [failed(0, 1, 'unresolved')], paid: [0], end: 'canceled' },
    ],
    [
      'a job without results that was canceled before it was planned',
      { expected: ['succeeded'], results: [], end: 'canceled', unplanned: true },
    ],
    ['a failed job that bought nothing', { expected: ['succeeded'], results: [], end: 'failed' }],
    [
      'a document of a chunk that was terminated alone',
      { expected: ['succeeded'], results: [failed(0)], cut: [0] },
    ],
    [
      'missing results because the collecting workflow was terminated too',
      { expected: ['succeeded'], results: [failed(0, 1, 'results_unavailable')], paid: [0], cut: [0] },
    ],
    [
      'one answer or one failure of equal requests',
      {
        expected: ['succeeded', 'failed', 'succeeded', 'failed'],
        equal: { 2: 0, 3: 1 },
        results: [succeeded(0), failed(1), succeeded(2, 'text 0'), failed(3)],
        paid: [0],
      },
    ],
    [
      'a document whose request was assigned to a chunk that was terminated alone',
      {
        expected: all(6, () => 'succeeded'),
        equal: { 5: 0 },
        results: all(6, (index) => failed(index)),
        cut: [0],
      },
    ],
    [
      'the collected answers of a terminated job',
      {
        expected: ['succeeded', 'succeeded'],
        results: [succeeded(0), failed(1)],
        paid: [0],
        end: 'terminated',
        open: false,
      },
    ],
    [
      'an answer that was lost in every round that sent its request live, paid for or not',
      {
        expected: ['succeeded', 'succeeded'],
        results: [failed(0, 2, 'answer_lost'), failed(1, 2, 'answer_lost')],
        paid: [0],
        liveBelow: 200,
      },
    ],
    [
      'the answer to a live request, lost when the job was canceled',
      {
        expected: ['succeeded'],
        results: [failed(0, 1, 'answer_lost')],
        paid: [0],
        liveBelow: 200,
        end: 'canceled',
        open: false,
      },
    ],
    [
      'the answer to a live request',
      { expected: ['succeeded'], results: [answeredByCall(0, 'standard')], paid: [0], liveBelow: 200 },
    ],
    ['a document that is too large', { expected: ['unsendable'], results: [unsent(0, 'request_too_large')] }],
  ])('passes %s', (_, given) => {
    expect(check(given)).toEqual({ lost: [], odd: [], violations: [] });
  });

  test('counts rows that a fault made impossible to understand separately, with the documents that share them', () => {
    const results = [unread(0), { ...unread(0), id: 'doc-1' }, unread(2), succeeded(3)];
    const expected: Expected[] = ['succeeded', 'succeeded', 'failed', 'succeeded'];
    expect(check({ expected, equal: { 1: 0 }, results, paid: [0, 3], unreadable: [0, 2, 3] })).toEqual({
      lost: [],
      odd: ['doc-0', 'doc-1', 'doc-2'],
      violations: [],
    });
  });

  test.each<[string, Case, RegExp]>([
    [
      'a missing row',
      { expected: ['succeeded'], results: [], paid: [0] },
      /the result 0 belongs to undefined/,
    ],
    [
      'a row that cannot be understood although it met no fault',
      {
        expected: ['succeeded', 'succeeded'],
        results: [unread(0), succeeded(1)],
        paid: [0, 1],
        unreadable: [1],
      },
      /its answer is lost/,
    ],
    [
      'a row that cannot be understood in a batch that met no fault',
      {
        expected: ['succeeded'],
        results: [unread(0, { batch_id: 'msgbatch_2' })],
        paid: [0],
        unreadable: [0],
      },
      /its answer is lost/,
    ],
    [
      'a row that cannot be understood and is not shown',
      {
        expected: ['succeeded'],
        results: [unread(0, { error: { type: 'unreadable' } })],
        paid: [0],
        unreadable: [0],
      },
      /its answer is lost/,
    ],
    [
      'a row that cannot be understood and would be resent',
      { expected: ['succeeded'], results: [unread(0, { class: 'transient' })], paid: [0], unreadable: [0] },
      /its answer is lost/,
    ],
    [
      'an odd row that is reported as lost',
      { expected: ['succeeded'], results: [failed(0, 1, 'results_unavailable')], paid: [0], unreadable: [0] },
      /its answer is lost/,
    ],
    [
      'swapped rows',
      { expected: ['succeeded', 'succeeded'], results: [succeeded(1), succeeded(0)], paid: [0, 1] },
      /the result 0 belongs to doc-1/,
    ],
    [
      'an answer to another request',
      { expected: ['succeeded'], results: [succeeded(0, 'text 1')], paid: [0] },
      /not its own/,
    ],
    ['a lost answer', { expected: ['succeeded'], results: [failed(0)], paid: [0] }, /its answer is lost/],
    [
      'an answer that a canceled job lost',
      { expected: ['succeeded'], results: [failed(0)], paid: [0], end: 'canceled' },
      /its answer is lost/,
    ],
    [
      'an answer that was never collected',
      {
        expected: ['succeeded'],
        results: [failed(0, 1, 'unresolved')],
        paid: [0],
        end: 'canceled',
        open: false,
      },
      /its answer is lost/,
    ],
    [
      'missing results of a terminated job',
      { expected: ['succeeded'], results: [], paid: [0], end: 'terminated' },
      /the result 0 belongs to undefined/,
    ],
    [
      'an answer that only an equal request has',
      {
        expected: ['succeeded', 'succeeded'],
        equal: { 1: 0 },
        results: [succeeded(0), failed(1, 0, 'equal_request')],
        paid: [0],
      },
      /a different outcome from doc-0/,
    ],
    [
      'an answer that an equal request lost in a chunk other than the terminated one',
      {
        expected: all(6, () => 'succeeded'),
        equal: { 5: 0 },
        results: [...all(5, (index) => succeeded(index)), failed(5)],
        paid: [0, 1, 2, 3, 4],
        cut: [1],
      },
      /a different outcome from doc-0/,
    ],
    [
      'an answer to a live request at the price of a batch',
      { expected: ['succeeded'], results: [answeredByCall(0, 'batch')], paid: [0], liveBelow: 200 },
      /not its own/,
    ],
    [
      'an answer to a live request that was lost before the last round',
      { expected: ['succeeded'], results: [failed(0, 1, 'answer_lost')], paid: [0], liveBelow: 200 },
      /its answer is lost/,
    ],
    [
      'an answer to a live request in a job that sends none',
      { expected: ['succeeded'], results: [failed(0, 2, 'answer_lost')], paid: [0] },
      /its answer is lost/,
    ],
    [
      'a document that was never sent',
      { expected: ['succeeded'], results: [failed(0)] },
      /was ordered to succeed/,
    ],
    [
      'a document of a chunk other than the terminated one',
      { expected: ['succeeded'], results: [failed(0)], cut: [1] },
      /was ordered to succeed/,
    ],
    [
      'an answer that a terminated chunk lost',
      { expected: ['succeeded'], results: [failed(0)], paid: [0], cut: [0] },
      /its answer is lost/,
    ],
    ['unused rounds', { expected: ['either'], results: [failed(0, 1)] }, /was ordered to succeed/],
    [
      'a job that failed after it had bought answers',
      { expected: ['succeeded'], results: [], paid: [0], end: 'failed' },
      /were billed/,
    ],
  ])('reports %s', (_, given, message) => {
    const { lost, violations } = check(given);
    expect(lost).not.toEqual([]);
    expect(violations[0]).toMatch(message);
  });

  test.each<[string, Result, number[]]>([
    ['was answered', succeeded(0), [0]],
    ['was paid for', unsent(0, 'request_too_large'), [0]],
    ['is reported as sent', failed(0), []],
    ['was not sent for another reason', unsent(0, 'not_sent'), []],
  ])('reports a document that is too large and %s', (_, result, paid) => {
    expect(check({ expected: ['unsendable'], results: [result], paid }).violations).toEqual([
      expect.stringContaining('is too large'),
    ]);
  });

  test('reports a surplus row', () => {
    const { violations } = check({
      expected: ['succeeded'],
      results: [succeeded(0), succeeded(0)],
      paid: [0],
    });
    expect(violations).toEqual(['job: 2 results of 1 documents']);
  });
});

test('jobs of a run have equal requests, sometimes so many that a chunk has nothing to send', () => {
  const jobs = all(40, (number) => planJob(new Random(`${number}`), number));
  const drawn = jobs.map((plan) => {
    const sent = new Set([...firstOfEach(plan).values()].map((index) => Math.floor(index / plan.chunkSize)));
    return { equal: plan.documents.length - firstOfEach(plan).size, chunks: sent.size, plan };
  });
  expect(drawn.filter(({ equal }) => equal === 0).length).toBeGreaterThan(10);
  expect(drawn.filter(({ equal }) => equal > 0).length).toBeGreaterThan(10);
  const empty = drawn.filter(
    ({ chunks, plan }) => chunks < Math.ceil(plan.documents.length / plan.chunkSize),
  );
  expect(empty).not.toEqual([]);
});

describe('the named window', () => {
  const freeze = { from: 1_000, to: 1_000 + GRACE, name: 'worker-0' };
  const presumedLostAt = GRACE;

  test.each([
    ['while it lasted', presumedLostAt],
    ['while the batch ran', freeze.to + 4_000],
  ])(
    'is proved by a freeze that began before the attempt was presumed lost, %s, and ended when the batch was created',
    (_, given) => {
      const late = { presumedLostAt: given, createdAt: freeze.to + 10, endedAt: freeze.to + 5_000 };
      expect(namedWindow(late, [freeze])).toBe(freeze);
    },
  );

  test.each([
    ['nothing was frozen', presumedLostAt, freeze.to, []],
    ['the freeze was short', presumedLostAt, freeze.to, [{ ...freeze, from: freeze.to - 1_000 }]],
    ['the attempt was presumed lost before it', 500, freeze.to, [freeze]],
    [
      'the attempt was presumed lost long after the end of the batch',
      freeze.to + 60_000,
      freeze.to,
      [freeze],
    ],
    ['the batch was created long before its end', presumedLostAt, 2_000, [freeze]],
    ['the batch was created long after its end', presumedLostAt, freeze.to + 60_000, [freeze]],
  ])('is no excuse if %s', (_, given, createdAt, freezes) => {
    expect(
      namedWindow({ presumedLostAt: given, createdAt, endedAt: createdAt + 2_000 }, freezes),
    ).toBeUndefined();
  });
});

describe('a seed', () => {
  const drawn = (seed: string, duration: number) => schedule(new Random(seed).of('schedule'), duration);

  test('decides all events, and a longer run begins like a shorter one', () => {
    const short = drawn('7', 60_000);
    expect(drawn('7', 60_000)).toEqual(short);
    expect(drawn('8', 60_000)).not.toEqual(short);
    expect(drawn('7', 120_000).filter(({ at }) => at < 60_000)).toEqual(short);
  });

  const kindOf = (happening: Happening) => {
    if (happening.kind === 'kill') return `kill ${happening.target}`;
    return happening.kind === 'reset' ? `reset ${happening.of}` : happening.kind;
  };
  const EVERYTHING = [
    'clock',
    'faults',
    'freeze',
    'full-disk',
    'junk',
    'kill simulator',
    'kill temporal',
    'kill worker-0',
    'kill worker-1',
    'pause',
    'reset job',
    'reset part',
    'stranger',
    'terminate',
    'window',
  ];

  test.each([
    ['in a long run', { seed: '7', minutes: 40 }],
    ['in the run of the test suite', SHORT_RUN],
  ])('makes every event happen %s', (_, { seed, minutes }) => {
    expect([...new Set(drawn(seed, minutes * 60_000).map(kindOf))].sort()).toEqual(EVERYTHING);
  });

  test('opens the window last in the run of the test suite, because no process is killed meanwhile', () => {
    const kinds = drawn(SHORT_RUN.seed, SHORT_RUN.minutes * 60_000).map(kindOf);
    const before = new Set(kinds.slice(0, kinds.indexOf('window')));
    expect([...before, 'window'].sort()).toEqual(EVERYTHING);
  });
});
