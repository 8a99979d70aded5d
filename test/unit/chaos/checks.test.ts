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

/** @param equal of which document each document has the text; its own by default */
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

/** @param of what differs from a result of the class `unreadable` */
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
  /** Of which documents a success was billed. */
  paid?: number[];
  end?: JobEnd;
  cut?: number[];
  open?: boolean;
  unplanned?: boolean;
  /** Few requests are sent live. */
  liveBelow?: number;
  /** Of which documents a fault made the row one that cannot be understood. */
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
    ['a failure that was ordered', { expected: ['failed'], results: [failed(0)] }],
    ['a failure in every round', { expected: ['either'], results: [failed(0, 2)] }],
    ['a document of a canceled job', { expected: ['succeeded'], results: [failed(0)], end: 'canceled' }],
    [
      'an answer that was lost when the job was canceled, and is said to be',
      { expected: ['succeeded'], results: [failed(0, 1, 'unresolved')], paid: [0], end: 'canceled' },
    ],
    [
      'no results of a job that was canceled before it was planned',
      { expected: ['succeeded'], results: [], end: 'canceled', unplanned: true },
    ],
    ['nothing bought by a job that failed', { expected: ['succeeded'], results: [], end: 'failed' }],
    [
      'a document of a chunk that was terminated alone',
      { expected: ['succeeded'], results: [failed(0)], cut: [0] },
    ],
    [
      'results that nobody took, because whoever should have was terminated too',
      { expected: ['succeeded'], results: [failed(0, 1, 'results_unavailable')], paid: [0], cut: [0] },
    ],
    [
      'the one answer of equal requests, and the one failure',
      {
        expected: ['succeeded', 'failed', 'succeeded', 'failed'],
        equal: { 2: 0, 3: 1 },
        results: [succeeded(0), failed(1), succeeded(2, 'text 0'), failed(3)],
        paid: [0],
      },
    ],
    [
      'a document whose request a chunk should have sent that was terminated alone',
      {
        expected: all(6, () => 'succeeded'),
        equal: { 5: 0 },
        results: all(6, (index) => failed(index)),
        cut: [0],
      },
    ],
    [
      'what a job had bought that was terminated, brought home',
      {
        expected: ['succeeded', 'succeeded'],
        results: [succeeded(0), failed(1)],
        paid: [0],
        end: 'terminated',
        open: false,
      },
    ],
    [
      'an answer that was lost in every round that sent its request by itself, paid for or not',
      {
        expected: ['succeeded', 'succeeded'],
        results: [failed(0, 2, 'answer_lost'), failed(1, 2, 'answer_lost')],
        paid: [0],
        liveBelow: 200,
      },
    ],
    [
      'an answer of a request that was sent by itself, lost when the job was canceled',
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
      'an answer of a request that was sent by itself',
      { expected: ['succeeded'], results: [answeredByCall(0, 'standard')], paid: [0], liveBelow: 200 },
    ],
    ['a document that is too large', { expected: ['unsendable'], results: [unsent(0, 'request_too_large')] }],
  ])('passes %s', (_, given) => {
    expect(check(given)).toEqual({ lost: [], odd: [], violations: [] });
  });

  test('counts a row apart that a fault made one that cannot be understood, and those that wait for its answer', () => {
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
      'a row that is not there',
      { expected: ['succeeded'], results: [], paid: [0] },
      /the result 0 belongs to undefined/,
    ],
    [
      'a row that cannot be understood, and that no fault met',
      {
        expected: ['succeeded', 'succeeded'],
        results: [unread(0), succeeded(1)],
        paid: [0, 1],
        unreadable: [1],
      },
      /its answer is lost/,
    ],
    [
      'a row that cannot be understood, of a batch that no fault met',
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
      'a row that cannot be understood and would be sent again',
      { expected: ['succeeded'], results: [unread(0, { class: 'transient' })], paid: [0], unreadable: [0] },
      /its answer is lost/,
    ],
    [
      'an odd row that is called lost altogether',
      { expected: ['succeeded'], results: [failed(0, 1, 'results_unavailable')], paid: [0], unreadable: [0] },
      /its answer is lost/,
    ],
    [
      'rows that changed places',
      { expected: ['succeeded', 'succeeded'], results: [succeeded(1), succeeded(0)], paid: [0, 1] },
      /the result 0 belongs to doc-1/,
    ],
    [
      'an answer to another question',
      { expected: ['succeeded'], results: [succeeded(0, 'text 1')], paid: [0] },
      /not its own/,
    ],
    [
      'an answer that is lost',
      { expected: ['succeeded'], results: [failed(0)], paid: [0] },
      /its answer is lost/,
    ],
    [
      'an answer that a canceled job lost',
      { expected: ['succeeded'], results: [failed(0)], paid: [0], end: 'canceled' },
      /its answer is lost/,
    ],
    [
      'an answer that nobody brought home',
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
      'no results of a job that was terminated',
      { expected: ['succeeded'], results: [], paid: [0], end: 'terminated' },
      /the result 0 belongs to undefined/,
    ],
    [
      'an answer that an equal request has alone',
      {
        expected: ['succeeded', 'succeeded'],
        equal: { 1: 0 },
        results: [succeeded(0), failed(1, 0, 'equal_request')],
        paid: [0],
      },
      /a different outcome from doc-0/,
    ],
    [
      'an answer that an equal request lost, in a chunk beside one that was terminated',
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
      'an answer of a call at the price of a batch',
      { expected: ['succeeded'], results: [answeredByCall(0, 'batch')], paid: [0], liveBelow: 200 },
      /not its own/,
    ],
    [
      'an answer of a call that was lost before the last round',
      { expected: ['succeeded'], results: [failed(0, 1, 'answer_lost')], paid: [0], liveBelow: 200 },
      /its answer is lost/,
    ],
    [
      'an answer of a call in a job that makes none',
      { expected: ['succeeded'], results: [failed(0, 2, 'answer_lost')], paid: [0] },
      /its answer is lost/,
    ],
    [
      'a document that was never sent',
      { expected: ['succeeded'], results: [failed(0)] },
      /was ordered to succeed/,
    ],
    [
      'a document of a chunk beside one that was terminated',
      { expected: ['succeeded'], results: [failed(0)], cut: [1] },
      /was ordered to succeed/,
    ],
    [
      'an answer that a terminated chunk lost',
      { expected: ['succeeded'], results: [failed(0)], paid: [0], cut: [0] },
      /its answer is lost/,
    ],
    [
      'rounds that were not used',
      { expected: ['either'], results: [failed(0, 1)] },
      /was ordered to succeed/,
    ],
    [
      'a job that failed after it had bought',
      { expected: ['succeeded'], results: [], paid: [0], end: 'failed' },
      /were billed/,
    ],
  ])('tells of %s', (_, given, message) => {
    const { lost, violations } = check(given);
    expect(lost).not.toEqual([]);
    expect(violations[0]).toMatch(message);
  });

  test.each<[string, Result, number[]]>([
    ['was answered', succeeded(0), [0]],
    ['was paid for', unsent(0, 'request_too_large'), [0]],
    ['is said to have been sent', failed(0), []],
    ['was not sent for another reason', unsent(0, 'not_sent'), []],
  ])('tells of a document that is too large and %s', (_, result, paid) => {
    expect(check({ expected: ['unsendable'], results: [result], paid }).violations).toEqual([
      expect.stringContaining('is too large'),
    ]);
  });

  test('tells of a row too many', () => {
    const { violations } = check({
      expected: ['succeeded'],
      results: [succeeded(0), succeeded(0)],
      paid: [0],
    });
    expect(violations).toEqual(['job: 2 results of 1 documents']);
  });
});

test('jobs under fire have equal requests, also so many that a chunk has nothing to send', () => {
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
    'is proved by a freeze that began before the giving up, %s, and ended as the batch came to exist',
    (_, given) => {
      const late = { presumedLostAt: given, createdAt: freeze.to + 10, endedAt: freeze.to + 5_000 };
      expect(namedWindow(late, [freeze])).toBe(freeze);
    },
  );

  test.each([
    ['nothing was frozen', presumedLostAt, freeze.to, []],
    ['the freeze was short', presumedLostAt, freeze.to, [{ ...freeze, from: freeze.to - 1_000 }]],
    ['the giving up came before it', 500, freeze.to, [freeze]],
    ['the giving up came long after the end of the batch', freeze.to + 60_000, freeze.to, [freeze]],
    ['the batch came to exist long before its end', presumedLostAt, 2_000, [freeze]],
    ['the batch came to exist long after its end', presumedLostAt, freeze.to + 60_000, [freeze]],
  ])('is no excuse where %s', (_, given, createdAt, freezes) => {
    expect(
      namedWindow({ presumedLostAt: given, createdAt, endedAt: createdAt + 2_000 }, freezes),
    ).toBeUndefined();
  });
});

describe('a seed', () => {
  const drawn = (seed: string, duration: number) => schedule(new Random(seed).of('schedule'), duration);

  test('decides all that happens, and a longer run begins like a shorter one', () => {
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
  ])('lets everything happen %s', (_, { seed, minutes }) => {
    expect([...new Set(drawn(seed, minutes * 60_000).map(kindOf))].sort()).toEqual(EVERYTHING);
  });

  test('lets the window open in the run of the test suite after all else, because it spares the processes', () => {
    const kinds = drawn(SHORT_RUN.seed, SHORT_RUN.minutes * 60_000).map(kindOf);
    const before = new Set(kinds.slice(0, kinds.indexOf('window')));
    expect([...before, 'window'].sort()).toEqual(EVERYTHING);
  });
});
