import { describe, expect, test } from 'vitest';
import {
  checkedResults,
  expectAllAnswered,
  expectBilledOnce,
  sentTexts,
  timesSent,
} from '../support/job-checks';
import { documents, jobWorld, runWorker, type TestDocument, workingWorld } from '../support/job-world';
import { paramsOf } from '../support/template';

const ROUNDS = 3;

interface Kind {
  marker: string;
  status: string;
  class: string;
  attempts: number;
  errorType?: string;
  stop?: string;
}

const errored = (type: string, failureClass: 'transient' | 'permanent'): Kind => ({
  marker: `[[sim:errored:${type}]]`,
  status: 'errored',
  class: failureClass,
  attempts: failureClass === 'transient' ? ROUNDS : 1,
  errorType: type,
});

const KINDS: Kind[] = [
  { marker: 'nothing special', status: 'succeeded', class: 'succeeded', attempts: 1, stop: 'end_turn' },
  ...['invalid_request_error', 'authentication_error', 'permission_error', 'not_found_error'].map((type) =>
    errored(type, 'permanent'),
  ),
  ...['rate_limit_error', 'timeout_error', 'api_error', 'overloaded_error'].map((type) =>
    errored(type, 'transient'),
  ),
  {
    marker: '[[sim:expired]]',
    status: 'expired',
    class: 'transient',
    attempts: ROUNDS,
    errorType: 'expired',
  },
  {
    marker: '[[sim:canceled]]',
    status: 'canceled',
    class: 'transient',
    attempts: ROUNDS,
    errorType: 'canceled',
  },
  ...['rate_limit_error', 'timeout_error', 'api_error', 'overloaded_error', 'expired', 'canceled'].flatMap(
    (what) =>
      [1, 2].map((times) => ({
        marker: `[[sim:${what}:times=${times}]]`,
        status: 'succeeded',
        class: 'succeeded',
        attempts: times + 1,
        stop: 'end_turn',
      })),
  ),
  ...['max_tokens', 'refusal', 'pause_turn'].map((stop) => ({
    marker: `[[sim:${stop}]]`,
    status: 'succeeded',
    class: 'incomplete',
    attempts: 1,
    stop,
  })),
];

describe.concurrent('mixed outcomes', () => {
  test('only transient failures are resent, each at most once a round', async () => {
    const world = await workingWorld();
    // Two chunks, so that a row's number in its chunk differs from its number in the document set.
    const input = documents(3 * KINDS.length, (index) => `Document ${index} ${kindOf(index).marker}`);
    const chunkSize = Math.ceil(input.length / 2);

    const job = await world.start({ input: { documents: input }, chunkSize, maxRounds: ROUNDS });
    const summary = await job.result();

    const results = await checkedResults(job, summary, input);
    expect(summary).toMatchObject({
      state: 'completed',
      chunks: 2,
      batches: 2 * ROUNDS,
      rounds: ROUNDS,
      failures: [],
    });
    for (const [index, result] of results.entries()) {
      const { marker, status, class: outcomeClass, attempts, errorType, stop } = kindOf(index);
      expect(
        {
          id: result.id,
          status: result.status,
          class: result.class,
          attempts: result.attempts,
          errorType: result.error?.type,
          stop: result.message?.stop_reason,
        },
        marker,
      ).toEqual({ id: `doc-${index}`, status, class: outcomeClass, attempts, errorType, stop });
    }
    const times = await timesSent(world.simulator);
    expect(input.map(({ text }) => [text, times.get(text)])).toEqual(
      input.map(({ text }, index) => [text, kindOf(index).attempts]),
    );
    await expectBilledOnce(world.simulator, summary);

    // Each result names the batch of its last round, and its position there.
    const batches = new Map<string, Set<string>>();
    for (const { id } of await world.simulator.batches()) {
      const ids = new Set<string>();
      for await (const { custom_id } of world.simulator.requests(id)) ids.add(custom_id);
      batches.set(id, ids);
    }
    for (const { id, batch_id, custom_id } of results) {
      expect(batches.get(batch_id!)?.has(custom_id!), id).toBe(true);
    }

    const failed: string[] = [];
    for await (const { id } of job.results({ failed: true })) failed.push(id);
    expect(failed).toEqual(results.filter(({ status }) => status !== 'succeeded').map(({ id }) => id));
  });

  test('with one round nothing is resent', async () => {
    const world = await workingWorld();
    const input = documents(
      4,
      (index) => `Document ${index}${index % 2 ? ' [[sim:overloaded_error:times=1]]' : ''}`,
    );

    const job = await world.start({ input: { documents: input }, maxRounds: 1 });
    const summary = await job.result();

    const results = await checkedResults(job, summary, input);
    expect(results.map(({ class: outcomeClass }) => outcomeClass)).toEqual([
      'succeeded',
      'transient',
      'succeeded',
      'transient',
    ]);
    expect(world.simulator.calls().create).toBe(1);
  });
});

const kindOf = (index: number) => KINDS[index % KINDS.length]!;

describe.concurrent('unusual sets', () => {
  test('one document', async () => {
    const world = await workingWorld();
    const input = documents(1);
    const job = await world.start({ input: { documents: input } });
    const summary = await job.result();
    expect(summary).toMatchObject({ chunks: 1, batches: 1, rounds: 1 });
    await expectAllAnswered(job, summary, input);
  });

  test('no document: the job completes and sends nothing', async () => {
    const world = await workingWorld();
    const job = await world.start({ input: { documents: [] } });
    const summary = await job.result();
    expect(summary).toMatchObject({
      state: 'completed',
      documents: 0,
      chunks: 0,
      batches: 0,
      rounds: 0,
      failures: [],
    });
    await checkedResults(job, summary, []);
    expect(world.simulator.calls().create).toBe(0);
  });

  test('any text may be an id, and any Unicode text reaches the API unchanged', async () => {
    const world = await workingWorld();
    const input: TestDocument[] = [
      { id: 'with spaces', text: 'plain' },
      { id: 'a/b/../c', text: 'emoji 😀 and a family 👩‍👩‍👧‍👦' },
      { id: '%2F..\\"quoted"', text: 'line separator \u2028 and paragraph separator \u2029, unchanged' },
      { id: '你好 😀', text: 'quotes " and \\ backslashes, {{braces}}, \t tabs and\nlines' },
      { id: 'line\nbreak', text: 'control \u0001 \u007f \ufeff \ufffd' },
      { id: '__proto__', text: 'قائمة עברית' },
      { id: ' ', text: 'e\u0301 is not \u00e9' },
    ];
    const job = await world.start({ id: 'a job/with a slash: ü 😀', input: { documents: input } });
    const summary = await job.result();
    await expectAllAnswered(job, summary, input);
    expect(await sentTexts(world.simulator)).toEqual(input.map(({ text }) => text));
    expect((await world.batches.get('a job/with a slash: ü 😀')).id).toBe(job.id);
  });

  test('a request larger than a chunk may be is not sent, and the others are', async () => {
    const world = await workingWorld();
    const large = new Set([0, 3, 7]);
    const input = documents(8, (index) => `Document ${index}${large.has(index) ? 'x'.repeat(3_000) : ''}`);

    const job = await world.start({ input: { documents: input }, chunkBytes: 2_000, chunkSize: 4 });
    const summary = await job.result();

    const results = await checkedResults(job, summary, input);
    expect(summary).toMatchObject({ state: 'completed', succeeded: 5, failures: [] });
    for (const [index, result] of results.entries()) {
      if (!large.has(index)) expect(result).toMatchObject({ status: 'succeeded', attempts: 1 });
      else {
        expect(result).toMatchObject({
          status: 'not_sent',
          class: 'not_sent',
          attempts: 0,
          batch_id: null,
          custom_id: null,
          error: { type: 'request_too_large', message: expect.stringContaining('chunkBytes') },
        });
      }
    }
    expect((await sentTexts(world.simulator)).sort()).toEqual(
      input.filter((_, index) => !large.has(index)).map(({ text }) => text),
    );
  });

  test('a document set without any request that can be sent completes without a call', async () => {
    const world = await workingWorld();
    const input = documents(3);
    const job = await world.start({ input: { documents: input }, chunkBytes: 10 });
    const summary = await job.result();
    const results = await checkedResults(job, summary, input);
    expect(results.every(({ status }) => status === 'not_sent')).toBe(true);
    expect(world.simulator.calls().create).toBe(0);
  });

  test('a builder makes the requests', async () => {
    const world = await jobWorld();
    await runWorker(world, {
      builders: {
        ask: ({ id, line, fields }) =>
          paramsOf(`${id} of line ${line}: ${String(fields.text).toUpperCase()}`),
      },
    });
    const input = documents(5);
    const job = await world.start({ template: undefined, builder: 'ask', input: { documents: input } });
    const summary = await job.result();
    await expectAllAnswered(
      job,
      summary,
      input.map(({ id, text }, index) => ({ id, text: `${id} of line ${index + 1}: ${text.toUpperCase()}` })),
    );
  });
});
