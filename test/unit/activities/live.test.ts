import { describe, expect, test, vi } from 'vitest';
import type { ActivityDeps } from '../../../activities';
import { CALLS_AT_ONCE } from '../../../activities/live/live-round';
import type { FaultPoint } from '../../../activities/runtime/fault-points';
import type { BatchesApi } from '../../../src/anthropic/api';
import { batchesApi } from '../../../src/anthropic/batches';
import type { Retrieved, SendLiveInput, SubmitOutcome } from '../../../src/job/activity-types';
import type { ChunkSummary } from '../../../src/job/job';
import { submissionTimes } from '../../../src/job/protocol/submission';
import { fenceChunk } from '../../../src/records/chunk-fence';
import { keys } from '../../../src/records/keys';
import { openRounds } from '../../../src/records/open-rounds';
import { removeJob } from '../../../src/records/removal';
import { type HttpFault, startSimulator } from '../../../src/simulator/index';
import { StoreError } from '../../../src/store/store';
import { resultsText } from '../../support/chunks';
import { eventually } from '../../support/eventually';
import { storeWith } from '../../support/store-with';
import { tempDir } from '../../support/temp-dir';
import { environment, failed, Stage, type StageOptions } from './support';

const OVERTAKEN = { kind: 'notSent', why: { code: 'overtaken' } };

const messages = (...faults: object[]) => ({
  http: faults.map((fault) => ({ endpoint: 'messages', ...fault }) as HttpFault),
});

/** The step waits only a moment for calls that another process began. */
const SHORT = { times: submissionTimes(6_000) };

class LiveStage {
  private constructor(readonly stage: Stage) {}

  static async of(options: StageOptions = {}): Promise<LiveStage> {
    return new LiveStage(await Stage.of({ ...options, deps: { ...SHORT, ...options.deps } }));
  }

  get simulator() {
    return this.stage.simulator;
  }

  send(
    { round = 0, ...input }: Partial<SendLiveInput> = {},
    deps: Partial<ActivityDeps> = {},
    env = environment(),
  ): Promise<SubmitOutcome> {
    return env.run(this.stage.worker(deps).anthropicSendLive, {
      ...this.stage.sending(round, this.stage.deps(deps)),
      ...input,
    });
  }

  retrieve(round = 0, retry = true): Promise<Retrieved> {
    return environment().run(this.stage.worker().anthropicRetrieve, {
      ...this.stage.round(round),
      retry,
      unpaid: true,
    });
  }

  finish(canceled = false): Promise<ChunkSummary> {
    return environment().run(this.stage.worker().anthropicFinishChunk, {
      job: this.stage.job,
      chunk: 0,
      canceled,
      unsent: { type: 'not_sent', message: 'It was never sent.' },
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: a line may hold any JSON
  lines(key?: string): any[] {
    const { store, job } = this.stage;
    return (key === undefined ? resultsText(store, job, 0) : store.text(key))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  /** An API that reports each call and passes it on to the real one. */
  api(around: (call: () => Promise<string>) => Promise<string>): Partial<ActivityDeps> {
    const real = batchesApi(this.stage.client());
    const api: BatchesApi = Object.create(real, {
      message: { value: (...args: Parameters<BatchesApi['message']>) => around(() => real.message(...args)) },
    });
    return { anthropic: () => api };
  }

  books = async () => (await this.simulator.books()).messages;
}

const ANSWERED = { kind: 'answered' };
const texts = (count: number) => Array.from({ length: count }, (_, index) => `text ${index}`);

describe('a round that is sent live', () => {
  test('has the same rows as the results of a batch, and is an attempt in the ledger', async () => {
    const one = await LiveStage.of({
      texts: ['a', null, '[[sim:max_tokens]] c'],
      spec: { betas: ['b-1'] },
    });
    expect(await one.send()).toEqual(ANSWERED);
    const [attempt, ...others] = await one.stage.ledger().read();
    expect(others).toEqual([]);
    expect(attempt).toMatchObject({
      intent: { count: 2, live: true },
      decision: { decision: 'commit' },
      outcome: undefined,
    });
    const rows = one.lines(keys.download({ job: one.stage.job, chunk: 0, round: 0 }, 0));
    const { nonce } = attempt!.intent!;
    expect(rows.map(({ custom_id, result }) => [custom_id, result.type])).toEqual([
      [`${nonce}-0`, 'succeeded'],
      [`${nonce}-2`, 'succeeded'],
    ]);
    expect(await one.retrieve()).toEqual({ rows: 2, succeeded: 2, outstanding: 0, unpaid: 0 });
    expect(await one.finish()).toMatchObject({
      batches: [],
      rounds: 1,
      live: 2,
      counts: { succeeded: 2, not_sent: 1 },
    });
    expect(one.lines().map((line) => [line.id, line.class, line.batch_id, line.attempts])).toEqual([
      ['d-0', 'succeeded', null, 1],
      ['d-1', 'not_sent', null, 0],
      ['d-2', 'incomplete', null, 1],
    ]);
    expect(await one.stage.batches()).toEqual([]);
  });

  test('is sent once, from any number of workers', async () => {
    const one = await LiveStage.of();
    await one.send();
    expect(await one.send()).toEqual(ANSWERED);
    expect(await one.stage.submit()).toEqual(ANSWERED);
    expect(await one.stage.reconcile()).toEqual(OVERTAKEN);
    expect(await one.books()).toMatchObject({ requests: 3, repeated: 0 });
    expect(one.simulator.calls().create).toBe(0);
  });

  test('by many workers at the same time sends each request once', async () => {
    const one = await LiveStage.of({ texts: texts(40) });
    const sent = await Promise.all([one.send(), one.send(), one.send()]);
    // The second worker finds the attempt's intent and asks for its state.
    for (const { kind } of sent) expect(['answered', 'mustReconcile']).toContain(kind);
    expect(await one.send()).toEqual(ANSWERED);
    expect(await one.books()).toMatchObject({ requests: 40, repeated: 0 });
  });

  test('continues as a batch if it began as one', async () => {
    const one = await LiveStage.of();
    const sent = await one.stage.submit();
    expect(await one.send()).toEqual(sent);
    expect(await one.books()).toMatchObject({ requests: 0 });
  });

  test('stays below the limit of calls in flight, for all rounds of a worker together', async () => {
    let most = 0;
    let now = 0;
    const one = await LiveStage.of({
      texts: texts(30),
      simulator: { faults: messages({ kind: 'delay', ms: 20, times: null }) },
    });
    await one.stage.putChunk(texts(30), 1);
    const worker = one.stage.worker(
      one.api(async (call) => {
        most = Math.max(most, ++now);
        try {
          return await call();
        } finally {
          now -= 1;
        }
      }),
    );
    const send = (chunk: number) =>
      environment().run(worker.anthropicSendLive, { ...one.stage.sending(), chunk });
    await Promise.all([send(0), send(1)]);
    expect(most).toBe(CALLS_AT_ONCE);
    expect(one.simulator.calls().messages).toBe(60);
  });

  test('sends the selected requests in a later round', async () => {
    const one = await LiveStage.of({ texts: ['a', 'b', 'c'] });
    await one.stage.store.put(keys.selection(one.stage.job, 0, 1), '0\n2\n');
    expect(await one.send({ round: 1 })).toEqual(ANSWERED);
    expect(await one.books()).toMatchObject({ requests: 2 });
  });

  test('does not begin if Temporal says that its job has ended', async () => {
    const one = await LiveStage.of();
    const ended = await one.send({}, { isRunning: async () => false });
    expect(ended).toEqual({
      kind: 'notSent',
      why: { code: 'fenced', reason: { code: 'jobEnded' } },
    });
    expect(one.simulator.calls().messages).toBe(0);
    expect(await one.stage.ledger().read()).toMatchObject([{ decision: { decision: 'overtaken' } }]);
    expect(await one.send()).toEqual(ANSWERED);
  });

  test('begins no call once its job was closed and deleted', async () => {
    const one = await LiveStage.of({ texts: ['a'] });
    const { store, job } = one.stage;
    let isDeleted = false;
    const deleting = storeWith(store, {
      put: async (key, ...rest) => {
        if (key === keys.call(job, 0, 0, 0) && !isDeleted) {
          isDeleted = true;
          await one.send({ close: true });
          await removeJob(store, job);
        }
        return store.put(key, ...rest);
      },
    });
    const error = await failed(() => one.send({}, { store: deleting }));
    expect(error).toMatchObject({ type: 'anthropic.JobEnded', nonRetryable: true });
    expect(isDeleted).toBe(true);
    expect(one.simulator.calls().messages).toBe(0);
  });

  test('is not sent for a job that has ended, or for a chunk that was closed meanwhile', async () => {
    const one = await LiveStage.of();
    expect(await failed(() => one.send({ jobEnded: true }))).toMatchObject({ type: 'anthropic.JobEnded' });
    await fenceChunk(one.stage.store, one.stage.round(), 10);
    expect(await one.send()).toMatchObject({ kind: 'notSent', why: { code: 'fenced' } });
    expect(one.simulator.calls().messages).toBe(0);
    expect(await one.stage.ledger().read()).toEqual([]);
  });
});

describe('the API’s refusals', () => {
  test.each([
    { status: 429, retryAfter: 1 },
    { status: 529, retryAfter: 1 },
  ])('of too many requests make it wait for their retry-after: $status', async (fault) => {
    const one = await LiveStage.of({ simulator: { faults: messages({ kind: 'status', ...fault }) } });
    const times: { began: number; refused: boolean }[] = [];
    const sent = await one.send(
      {},
      one.api(async (call) => {
        const began = performance.now();
        try {
          const row = await call();
          times.push({ began, refused: false });
          return row;
        } catch (error) {
          times.push({ began, refused: true });
          throw error;
        }
      }),
    );
    expect(sent).toEqual(ANSWERED);
    expect(await one.books()).toMatchObject({ requests: 3, repeated: 0 });
    expect(times.filter(({ refused }) => refused)).toHaveLength(1);
    const [first, last] = [times.find(({ refused }) => refused)!, times.at(-1)!];
    expect(last.began - first.began).toBeGreaterThanOrEqual(1_000);
    expect((await one.finish()).maybePaidTwice).toBeUndefined();
    expect((await one.finish()).cost!.unknown).toBeUndefined();
  });

  test('with a long retry-after are left to the workflow', async () => {
    const one = await LiveStage.of({
      simulator: { faults: messages({ kind: 'status', status: 429, retryAfter: 300, times: null }) },
    });
    expect(await failed(() => one.send())).toMatchObject({
      type: 'anthropic.Limited',
      nextRetryDelay: 300_000,
    });
    one.simulator.faults.clear();
    expect(await one.send()).toEqual(ANSWERED);
    expect(await one.books()).toMatchObject({ requests: 3, repeated: 0 });
  });

  test.each([
    [{ status: 401 }, 'anthropic.Authentication'],
    [{ status: 400, message: 'Your credit balance is too low' }, 'anthropic.Billing'],
  ])('of the account stop it, and answers received so far are kept', async (fault, type) => {
    const one = await LiveStage.of({
      texts: texts(20),
      simulator: { faults: messages({ kind: 'status', ...fault, skip: 10, times: null }) },
    });
    expect(await failed(() => one.send())).toMatchObject({ type, nonRetryable: false });
    expect(await one.books()).toMatchObject({ requests: 10 });
    one.simulator.faults.clear();
    const put = vi.spyOn(one.stage.store, 'put');
    expect(await one.send()).toEqual(ANSWERED);
    // A second call for an answered request does not even try to record it.
    expect(put.mock.calls.filter(([key]) => key.includes('/calls/'))).toHaveLength(10);
    expect(await one.books()).toMatchObject({ requests: 20, repeated: 0 });
    expect((await one.finish()).cost!.unknown).toBeUndefined();
  });

  test('of a single request become its row', async () => {
    const one = await LiveStage.of({
      texts: [
        'a',
        '[[sim:errored:invalid_request_error]]',
        '[[sim:errored:not_found_error]]',
        '[[sim:errored:permission_error]]',
      ],
    });
    expect(await one.send()).toEqual(ANSWERED);
    expect(await one.retrieve()).toMatchObject({ succeeded: 1, outstanding: 0 });
    await one.finish();
    expect(one.lines().map((line) => [line.class, line.error?.type])).toEqual([
      ['succeeded', undefined],
      ['permanent', 'invalid_request_error'],
      ['permanent', 'not_found_error'],
      ['permanent', 'permission_error'],
    ]);
  });
});

describe('a lost answer', () => {
  test.each([
    ['the connection broke after it was paid for', { kind: 'drop', when: 'after' }, 1],
    ['the connection broke before', { kind: 'drop', when: 'before' }, 0],
    ['a proxy answered', { kind: 'status', status: 502, proxy: true, when: 'after' }, 1],
    ['the API failed', { kind: 'status', status: 500 }, 0],
  ])(
    'because %s ends the round for its request, and the next round resends it',
    async (_, fault, repeated) => {
      const one = await LiveStage.of({ simulator: { faults: messages(fault) } });
      expect(await one.send()).toEqual(ANSWERED);
      expect(await one.retrieve()).toMatchObject({ rows: 3, succeeded: 2, outstanding: 1 });
      const lost = await one.finish();
      expect(lost).toMatchObject({
        counts: { succeeded: 2, errored: 1 },
        live: 3,
        cost: { requests: 2, unknown: 1 },
      });
      expect(lost.maybePaidTwice).toBeUndefined();
      const failure = one.lines().find(({ error }) => error);
      expect(failure).toMatchObject({ class: 'transient', error: { type: 'answer_lost' } });

      expect(await one.send({ round: 1 })).toEqual(ANSWERED);
      expect(await one.retrieve(1)).toMatchObject({ rows: 1, succeeded: 1, outstanding: 0 });
      expect(await one.finish()).toMatchObject({
        counts: { succeeded: 3 },
        live: 4,
        maybePaidTwice: 1,
        rounds: 2,
        cost: { requests: 3, unknown: 1 },
      });
      expect(await one.books()).toMatchObject({ requests: 3 + repeated, repeated });
    },
  );

  test('is not counted if no connection was made', async () => {
    const one = await LiveStage.of();
    const gone = await startSimulator({ dir: await tempDir() });
    await gone.close();
    const nowhere = batchesApi(one.stage.client(undefined, { baseURL: gone.url }));
    expect(await failed(() => one.send({}, { anthropic: () => nowhere }))).toMatchObject({
      type: 'anthropic.Unavailable',
    });
    expect(await one.send()).toEqual(ANSWERED);
    expect((await one.finish()).cost!.unknown).toBeUndefined();
  });
});

describe('a worker that dies midway', () => {
  test.each<[FaultPoint, { paid: boolean; kept: boolean }]>([
    ['live/call-noted', { paid: false, kept: false }],
    ['live/answered', { paid: true, kept: false }],
    ['live/answer-kept', { paid: true, kept: true }],
  ])(
    'at %s: another worker sends the requests not begun, and reports those begun without an answer as lost',
    async (point, { paid, kept }) => {
      const one = await LiveStage.of({ texts: texts(20) });
      await dying(one, point);
      expect((await one.books()).requests > 0).toBe(paid);
      expect(await one.send()).toEqual(ANSWERED);
      const { outstanding: lost, succeeded } = await one.retrieve();
      expect(lost).toBeLessThanOrEqual(CALLS_AT_ONCE);
      expect(succeeded).toBe(20 - lost);
      if (!kept) expect(lost).toBeGreaterThan(0);
      if (lost > 0) {
        expect(await one.send({ round: 1 })).toEqual(ANSWERED);
        await one.retrieve(1);
      }
      const summary = await one.finish();
      expect(summary).toMatchObject({ counts: { succeeded: 20 }, live: 20 + lost });
      expect(summary.maybePaidTwice).toBe(lost || undefined);
      const { requests, repeated } = await one.books();
      expect(requests).toBe(20 + repeated);
      // Some of the lost answers were paid for, and nothing else was.
      expect(repeated).toBeLessThanOrEqual(lost);
      expect(repeated > 0).toBe(paid && lost > 0);
    },
  );

  test('is awaited if it is still alive', async () => {
    const one = await LiveStage.of({
      simulator: { faults: messages({ kind: 'delay', ms: 300 }) },
      deps: { times: submissionTimes(60_000) },
    });
    const [frozen, other] = await Promise.all([
      one.send(),
      eventually(async () => (await one.stage.ledger().read())[0]?.decision).then(() => one.send()),
    ]);
    expect([frozen, other]).toEqual([ANSWERED, ANSWERED]);
    expect(await one.retrieve()).toMatchObject({ succeeded: 3 });
    expect(await one.books()).toMatchObject({ requests: 3, repeated: 0 });
  });

  test('by a cancellation keeps the answer of its call in flight, and begins no other call', async () => {
    const one = await LiveStage.of({
      texts: texts(30),
      simulator: { faults: messages({ kind: 'delay', ms: 300, times: null }) },
    });
    const env = environment();
    const sent = failed(() => one.send({}, {}, env));
    await eventually(() => one.simulator.calls().messages === CALLS_AT_ONCE);
    env.cancel();
    expect(await sent).toMatchObject({ name: 'CancelledFailure' });
    expect(one.simulator.calls().messages).toBe(CALLS_AT_ONCE);
    one.simulator.faults.clear();
    expect(await one.send()).toEqual(ANSWERED);
    expect(await one.books()).toMatchObject({ requests: 30, repeated: 0 });
  });

  test('because the store fails awaits its calls in flight first', async () => {
    const one = await LiveStage.of({ texts: texts(12) });
    const { put } = one.stage.store;
    let notes = 0;
    one.stage.store.put = async (key, source, options) => {
      if (key.includes('/calls/') && ++notes === 5) throw new StoreError('The disk is full.', key);
      return put.call(one.stage.store, key, source, options);
    };
    expect(await failed(() => one.send())).toMatchObject({ type: 'anthropic.Store' });
    expect(await one.send()).toEqual(ANSWERED);
    expect(await one.books()).toMatchObject({ requests: 12, repeated: 0 });
  });
});

describe('a round that is cut short', () => {
  test('keeps its answers, reports the requests not begun as canceled, and a later round sends only those', async () => {
    const one = await LiveStage.of({
      texts: texts(20),
      simulator: { faults: messages({ kind: 'status', status: 401, skip: 10, times: null }) },
    });
    await failed(() => one.send());
    one.simulator.faults.clear();
    const open = await environment(50).run(one.stage.worker().anthropicOpenRound, {
      job: one.stage.job,
      chunk: 0,
    });
    expect(open).toEqual({ round: 0, live: true });
    expect(await opened(one)).toBe(1);
    expect(await one.send({ close: true })).toEqual(ANSWERED);
    expect(await opened(one)).toBe(0);
    expect(await one.retrieve(0, false)).toMatchObject({ rows: 20, succeeded: 10, outstanding: 0 });
    expect(await one.finish(true)).toMatchObject({
      counts: { succeeded: 10, canceled: 10 },
      live: 10,
      rounds: 1,
    });
    const canceled = one.lines().filter(({ status }) => status === 'canceled');
    expect(canceled.map((line) => [line.class, line.attempts])).toEqual(canceled.map(() => ['not_sent', 0]));
    expect(await one.books()).toMatchObject({ requests: 10 });
  });

  test('and whose answers are never collected reports each request as lost', async () => {
    const one = await LiveStage.of({
      texts: texts(20),
      simulator: { faults: messages({ kind: 'status', status: 401, skip: 10, times: null }) },
    });
    await failed(() => one.send());
    expect(await one.finish()).toMatchObject({ counts: { errored: 20 }, lost: 20, unresolved: undefined });
    expect(new Set(one.lines().map(({ error }) => error.type))).toEqual(new Set(['answer_lost']));
  });

  test('sends nothing, even if its activity continues', async () => {
    const one = await LiveStage.of({
      texts: texts(30),
      simulator: { faults: messages({ kind: 'delay', ms: 1_000, times: null }) },
      deps: { times: submissionTimes(60_000) },
    });
    const zombie = one.send();
    await eventually(() => one.simulator.calls().messages >= CALLS_AT_ONCE);
    const close = await one.send({ close: true });
    const before = one.simulator.calls().messages;
    expect([await zombie, close]).toEqual([ANSWERED, ANSWERED]);
    expect(one.simulator.calls().messages).toBe(before);
    expect(before).toBeLessThan(30);
    const { counts } = await one.finish(true);
    expect(counts).toMatchObject({ succeeded: before, canceled: 30 - before });
    expect(await one.books()).toMatchObject({ requests: before, repeated: 0 });
  });

  test('reports that a call in flight without an answer may be paid for', async () => {
    const one = await LiveStage.of({ texts: texts(20) });
    await dying(one, 'live/answered');
    expect(await one.send({ close: true })).toEqual(ANSWERED);
    const { counts, cost } = await one.finish(true);
    expect(counts.succeeded + counts.errored + counts.canceled).toBe(20);
    expect(counts.errored).toBeGreaterThan(0);
    expect(counts.canceled).toBeGreaterThanOrEqual(20 - CALLS_AT_ONCE);
    expect(cost!.unknown).toBe(counts.errored);
    const lost = one.lines().filter(({ status }) => status === 'errored');
    expect(lost.map((line) => [line.error.type, line.attempts])).toEqual(lost.map(() => ['answer_lost', 1]));
  });

  test('is closed too if its job has ended and the chunk alone is reset', async () => {
    const one = await LiveStage.of({ texts: texts(20) });
    await dying(one, 'live/answer-kept');
    expect(await one.send({ jobEnded: true })).toEqual(ANSWERED);
    const { counts } = await one.finish();
    expect(counts.succeeded).toBeGreaterThan(0);
    expect(counts.canceled).toBeGreaterThan(0);
    expect((await one.books()).requests).toBeLessThanOrEqual(20 - counts.canceled);
  });
});

/** A worker that dies at a point: its activity neither continues from there nor ends. */
async function dying(one: LiveStage, at: FaultPoint): Promise<void> {
  let dead = false;
  const death = new Promise<never>(() => {});
  const { store } = one.stage;
  // Nothing from a dead process reaches the store.
  const lasting = storeWith(store, { put: (...args) => (dead ? death : store.put(...args)) });
  const points = {
    reach: (point: FaultPoint) => {
      if (point === at) dead = true;
    },
  };
  const calls = one.api(async (call) => (dead ? death : call()));
  void one.send({}, { store: lasting, points, ...calls });
  await eventually(() => dead);
}

async function opened({ stage }: LiveStage): Promise<number> {
  let count = 0;
  for await (const _ of openRounds(stage.store, stage.job)) count += 1;
  return count;
}
