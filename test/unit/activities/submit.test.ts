import { describe, expect, test, vi } from 'vitest';
import type { Batch } from '../../../src/anthropic/api';
import { batchesApi } from '../../../src/anthropic/batches';
import type { UploadSocket } from '../../../src/anthropic/upload-socket';
import { claimBatch, readClaim } from '../../../src/records/claims';
import { keys } from '../../../src/records/keys';
import { RoundLedger } from '../../../src/records/ledger';
import { openRounds } from '../../../src/records/open-rounds';
import { markDeletion, markRemoval, removeJob, unmarkDeletion } from '../../../src/records/removal';
import { claimRetry, replaceRetry } from '../../../src/records/retries';
import { readSpec, writeSpec } from '../../../src/records/stored-spec';
import { announceSuccessor } from '../../../src/records/successors';
import type { HttpFault } from '../../../src/simulator/index';
import { KeyExistsError, StoreError, type StoreSource } from '../../../src/store/store';
import { deferred } from '../../support/deferred';
import { eventually } from '../../support/eventually';
import { MemoryStore } from '../../support/memory-store';
import { storeWith } from '../../support/store-with';
import { collect } from '../simulator/support';
import { environment, failed, Stage } from './support';

const OVERTAKEN = { kind: 'notSent', why: { code: 'overtaken' } };

const create = (fault: Partial<HttpFault>) => ({ http: [{ endpoint: 'create', ...fault } as HttpFault] });

describe('a submitted round', () => {
  test('is a batch of its requests, and is in the ledger', async () => {
    const stage = await Stage.of({ texts: ['a', null, 'c'], spec: { betas: ['beta-1'] } });
    const sent = await stage.submit();
    const [batch, ...others] = await stage.batches();
    expect(others).toEqual([]);
    expect(sent).toEqual({
      kind: 'bought',
      batch: batch!.id,
      createdAt: new Date(batch!.created_at).toISOString(),
    });
    const [attempt] = await stage.ledger().read();
    expect(attempt).toMatchObject({
      attempt: 0,
      intent: { count: 2 },
      decision: { decision: 'commit' },
      outcome: { outcome: 'created', batch: batch!.id },
    });
    const requests = await collect(stage.simulator.requests(batch!.id));
    const nonce = attempt!.intent!.nonce;
    expect(requests.map(({ custom_id }) => custom_id)).toEqual([`${nonce}-0`, `${nonce}-2`]);
    expect(await readClaim(stage.store, batch!.id)).toMatchObject({ nonce, chunk: 0, round: 0, attempt: 0 });
    expect(stage.simulator.calls()).toMatchObject({ list: 1, create: 1 });
  });

  test('reads its ledger once', async () => {
    const stage = await Stage.of();
    const folders = vi.spyOn(stage.store, 'folders');
    await stage.submit();
    const attempts = keys.attempts(stage.job, 0, 0);
    expect(folders.mock.calls.filter(([prefix]) => prefix === attempts)).toHaveLength(1);
  });

  test('is not resent by any worker', async () => {
    const stage = await Stage.of();
    const first = await stage.submit();
    expect(await stage.submit()).toEqual(first);
    expect(await stage.reconcile()).toEqual(first);
    expect(stage.simulator.calls().create).toBe(1);
  });

  test('is not sent if its job has ended; its earlier batch is returned', async () => {
    const stage = await Stage.of();
    const late = () =>
      environment().run(stage.worker().anthropicSubmit, { ...stage.sending(), jobEnded: true as const });
    expect(await failed(late)).toMatchObject({ type: 'anthropic.JobEnded', nonRetryable: true });
    expect(await stage.batches()).toEqual([]);
    const sent = await stage.submit();
    expect(await late()).toEqual(sent);
  });

  test('is not sent if its job ended while the API was asked for its time, and its attempt is overtaken', async () => {
    const stage = await Stage.of();
    const api = batchesApi(stage.client());
    let runs = true;
    const time = async () => {
      const answer = await api.time();
      runs = false;
      return answer;
    };
    const asked: unknown[] = [];
    const isRunning = async (job: unknown) => {
      asked.push(job);
      return runs;
    };
    const refused = await stage.submit({ anthropic: () => ({ ...api, time }), isRunning });
    expect(refused).toEqual({
      kind: 'notSent',
      why: { code: 'fenced', reason: { code: 'jobEnded' } },
    });
    expect(asked).toEqual([stage.job]);
    expect(await stage.batches()).toEqual([]);
    expect(await stage.ledger().read()).toMatchObject([{ decision: { decision: 'overtaken' } }]);
    expect(await collect(openRounds(stage.store, stage.job))).toEqual([]);
    // A Reset makes the same job run again.
    expect(await stage.submit()).toMatchObject({ kind: 'bought' });
  });

  test('is not sent if Temporal cannot be asked and a job with the same id may have been started', async () => {
    const stage = await Stage.of();
    const successor = { ...stage.job, instance: 'successor' };
    // The new job announces itself after this one has read its ledger, and before it writes its intent.
    const intend = keys.attempt(stage.job, 0, 0, 0, 'intent');
    const store = storeWith(stage.store, {
      put: async (key, ...rest) => {
        if (key === intend) await announceSuccessor(stage.store, successor);
        return stage.store.put(key, ...rest);
      },
    });
    const unasked = async () => undefined;
    const refused = await stage.submit({ store, isRunning: unasked });
    expect(refused).toMatchObject({ kind: 'notSent', why: { code: 'fenced' } });
    expect(await stage.submit({ isRunning: unasked })).toMatchObject({ kind: 'notSent' });
    expect(await stage.batches()).toEqual([]);
    // The server knows better: the other job did not start, or this one was reset.
    expect(await stage.submit()).toMatchObject({ kind: 'bought' });
  });

  test('is not sent once a newer job with the same id has sent, also if Temporal says that this one runs', async () => {
    const stage = await Stage.of();
    const newer = { ...stage.job, instance: 'newer' };
    await writeSpec(stage.store, newer, await readSpec(stage.store, stage.job));
    await announceSuccessor(stage.store, newer);
    const intent = { nonce: 'f'.repeat(24), count: 3, apiTime: new Date().toISOString(), fingerprint: '' };
    await new RoundLedger(stage.store, { job: newer, chunk: 0, round: 0 }).intend(0, intent);
    const error = await failed(() => stage.submit());
    expect(error).toMatchObject({ type: 'anthropic.JobEnded', nonRetryable: true });
    expect((error as Error).message).toContain('A newer job with the id "job" has sent requests');
    expect(await stage.batches()).toEqual([]);
    expect(await stage.ledger().read()).toMatchObject([{ decision: { decision: 'overtaken' } }]);
  });

  test('is sent if a newer job with the same id was announced and has sent nothing', async () => {
    const stage = await Stage.of();
    const newer = { ...stage.job, instance: 'newer' };
    await announceSuccessor(stage.store, newer);
    await writeSpec(stage.store, newer, await readSpec(stage.store, stage.job));
    expect(await stage.submit()).toMatchObject({ kind: 'bought' });
  });

  test('is sent if Temporal cannot be asked: a job does not stop for that', async () => {
    const stage = await Stage.of();
    expect(await stage.submit({ isRunning: async () => undefined })).toMatchObject({ kind: 'bought' });
  });

  test('is not sent once a retry owns the failed requests, also if the retry began meanwhile', async () => {
    const stage = await Stage.of();
    const intend = keys.attempt(stage.job, 0, 0, 0, 'intent');
    const store = storeWith(stage.store, {
      put: async (key, ...rest) => {
        if (key === intend) await claimRetry(stage.store, stage.job, 0, { id: 'retry-1', instance: 'r' });
        return stage.store.put(key, ...rest);
      },
    });
    for (const used of [store, stage.store]) {
      const error = await failed(() => stage.submit({ store: used }));
      expect(error).toMatchObject({ type: 'anthropic.JobEnded', nonRetryable: true });
      expect(String(error)).toContain('"retry-1"');
    }
    expect(await stage.batches()).toEqual([]);
    expect(await collect(openRounds(stage.store, stage.job))).toEqual([]);
  });

  test('is not sent by a retry once a newer retry replaced it, also if it began meanwhile', async () => {
    const stage = await Stage.of();
    expect(await stage.submit()).toMatchObject({ kind: 'bought' });

    await stage.store.put(keys.selection(stage.job, 0, 1), '0\n');
    const intend = keys.attempt(stage.job, 0, 1, 0, 'intent');
    const store = storeWith(stage.store, {
      put: async (key, ...rest) => {
        if (key === intend) await replaceRetry(stage.store, stage.job, { id: 'retry-2', instance: 'r' });
        return stage.store.put(key, ...rest);
      },
    });
    for (const used of [store, stage.store]) {
      const error = await failed(() => stage.submit({ store: used }, 1));
      expect(error).toMatchObject({ type: 'anthropic.JobEnded', nonRetryable: true });
      expect(String(error)).toContain('"retry-2"');
    }
    expect(await stage.batches()).toHaveLength(1);
  });

  test('is not sent while its job is being deleted', async () => {
    const stage = await Stage.of();
    const marks = [await markDeletion(stage.store, stage.job), await markDeletion(stage.store, stage.job)];
    // Each deletion has its own mark: one that is refused does not end the other's.
    for (const mark of marks) {
      const refused = { type: 'anthropic.JobEnded', nonRetryable: false };
      expect(await failed(() => stage.submit())).toMatchObject(refused);
      expect(await collect(openRounds(stage.store, stage.job))).toEqual([]);
      await unmarkDeletion(stage.store, mark, 0);
    }
    expect(await stage.submit()).toMatchObject({ kind: 'bought' });
  });

  test('is sent although a deletion died before it removed anything, once another one was refused', async () => {
    const stage = await Stage.of();
    const { store, job } = stage;
    const later = Date.now() + 3_600_000;
    await markDeletion(store, job);
    await unmarkDeletion(store, await markDeletion(store, job), later);
    expect(await stage.submit()).toMatchObject({ kind: 'bought' });

    // One that has begun to remove files is never taken for dead.
    const other = await Stage.of();
    await markRemoval(other.store, await markDeletion(other.store, other.job));
    await unmarkDeletion(other.store, await markDeletion(other.store, other.job), later);
    expect(await failed(() => other.submit())).toMatchObject({ type: 'anthropic.JobEnded' });
  });

  test('is not sent if its job is reconciled and deleted during the upload, and leaves nothing behind', async () => {
    const stage = await Stage.of();
    const decision = keys.attempt(stage.job, 0, 0, 0, 'decision');
    let isDeleted = false;
    const store = storeWith(stage.store, {
      put: async (key, ...rest) => {
        if (key === decision && !isDeleted) {
          isDeleted = true;
          expect(await stage.reconcile()).toEqual(OVERTAKEN);
          await removeJob(stage.store, stage.job);
        }
        return stage.store.put(key, ...rest);
      },
    });
    const error = await failed(() => stage.submit({ store }));
    expect(error).toMatchObject({ type: 'anthropic.JobEnded', nonRetryable: true });
    expect(isDeleted).toBe(true);
    expect(await stage.batches()).toEqual([]);
    expect([...stage.store.entries.keys()].filter((key) => key.startsWith(keys.jobs))).toEqual([]);
  });

  test('by two workers at the same time is at most one batch', async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      const stage = await Stage.of();
      const results = await Promise.all([stage.submit(), stage.submit(), stage.submit()]);
      expect((await stage.batches()).length).toBeLessThanOrEqual(1);
      expect(results.filter(({ kind }) => kind === 'bought').length).toBeLessThanOrEqual(1);
      const { kind } = await stage.reconcile();
      expect(kind).toBe('bought');
      expect(await stage.ledger().read()).toHaveLength(1);
    }
  });

  test('contains the selected requests in a later round', async () => {
    const stage = await Stage.of();
    await stage.store.put(keys.selection(stage.job, 0, 1), '0\n2\n');
    await stage.submit({}, 1);
    const [batch] = await stage.batches();
    const ids = (await collect(stage.simulator.requests(batch!.id))).map(
      ({ custom_id }) => custom_id.split('-')[1],
    );
    expect(ids).toEqual(['0', '2']);
  });

  test('is refused for a job of another store', async () => {
    const stage = await Stage.of();
    const error = await failed(() => stage.submit({ store: new MemoryStore() }));
    expect(error).toMatchObject({ type: 'anthropic.StoreMismatch', nonRetryable: false });
    expect(stage.simulator.calls().create).toBe(0);
  });
});

test('asks the gate when the body has left the process, and sends the last bytes after that', async () => {
  const stage = await Stage.of({
    texts: Array.from({ length: 60 }, (_, n) => `${n} ${'x'.repeat(100_000)}`),
  });
  const api = batchesApi(stage.client());
  const order: string[] = [];
  let socket: UploadSocket | undefined;
  let size = 0;
  const anthropic = () => ({
    ...api,
    create: (body: Parameters<typeof api.create>[0], options: Parameters<typeof api.create>[1]) => {
      size = body.size;
      const onSocket = (shown: UploadSocket) => {
        socket = shown;
        options.onSocket(shown);
      };
      return api.create(body, { ...options, onSocket });
    },
  });
  const left = () =>
    `${socket!.writableLength} to write, ${socket!.bytesWritten > size - 3 ? 'all' : 'not all'}`;
  const points = {
    reach(point: string) {
      if (point === 'submit/before-gate' || point === 'submit/tail-given') order.push(`${point}: ${left()}`);
    },
  };
  expect(await stage.submit({ anthropic, points })).toMatchObject({ kind: 'bought' });
  expect(order[0]).toBe('submit/before-gate: 0 to write, all');
  expect(order[1]).toContain('submit/tail-given');
});

describe('an attempt that the API refuses has bought nothing', () => {
  test.each<[number, number | undefined]>([
    [401, undefined],
    [403, undefined],
    [404, undefined],
    [429, 7],
    [529, undefined],
  ])('%i: it may be resent', async (status, retryAfter) => {
    const stage = await Stage.of({ simulator: { faults: create({ kind: 'status', status, retryAfter }) } });
    expect(await stage.submit()).toMatchObject({
      kind: 'notSent',
      why: {
        code: 'failed',
        delay: retryAfter && retryAfter * 1_000,
        reason: { code: 'failed', message: expect.stringContaining(`answered ${status}`) },
      },
    });
    expect(await stage.ledger().read()).toMatchObject([
      { decision: { decision: 'commit' }, outcome: { outcome: 'not-created' } },
    ]);
    expect(await stage.submit()).toMatchObject({ kind: 'bought' });
    expect(await stage.ledger().read()).toHaveLength(2);
    expect(await stage.batches()).toHaveLength(1);
  });

  test.each<[number, Partial<HttpFault>]>([
    [402, {}],
    [400, { message: 'Your credit balance is too low to access the Anthropic API.' }],
    [429, { code: 'enforced_spend_limit_reached' }],
  ])('%i because the account cannot pay: it is resent once it can', async (status, words) => {
    const stage = await Stage.of({
      simulator: { faults: create({ kind: 'status', status, ...words } as HttpFault) },
    });
    expect(await stage.submit()).toMatchObject({
      kind: 'notSent',
      why: { code: 'failed', reason: { type: 'anthropic.Billing' } },
    });
    expect(await stage.ledger().read()).toMatchObject([{ outcome: { outcome: 'not-created' } }]);
    expect(await stage.submit()).toMatchObject({ kind: 'bought' });
  });

  test.each([400, 413, 422])('%i: resending it would not help', async (status) => {
    const stage = await Stage.of({ simulator: { faults: create({ kind: 'status', status }) } });
    expect(await failed(() => stage.submit())).toMatchObject({
      type: 'anthropic.Refused',
      nonRetryable: true,
    });
    expect(await stage.ledger().read()).toMatchObject([{ outcome: { outcome: 'not-created' } }]);
  });
});

describe('an attempt with an ambiguous answer may have bought', () => {
  const faults: [string, Partial<HttpFault>, bought: boolean][] = [
    ['a socket that drops before the batch exists', { kind: 'drop', when: 'before' }, false],
    ['a socket that drops after the batch exists', { kind: 'drop', when: 'after' }, true],
    ['a 500 before the batch exists', { kind: 'status', status: 500 }, false],
    ['a 500 after the batch exists', { kind: 'status', status: 500, when: 'after' }, true],
    ['a 502 page after the batch exists', { kind: 'status', status: 502, proxy: true, when: 'after' }, true],
    ['a 408 after the batch exists', { kind: 'status', status: 408, when: 'after' }, true],
    ['a 409 after the batch exists', { kind: 'status', status: 409, when: 'after' }, true],
    [
      "a proxy's 429 after the batch exists",
      { kind: 'status', status: 429, proxy: true, when: 'after' },
      true,
    ],
    [
      "a proxy's 403 after the batch exists",
      { kind: 'status', status: 403, proxy: true, when: 'after' },
      true,
    ],
    [
      "a proxy's 529 after the batch exists",
      { kind: 'status', status: 529, proxy: true, when: 'after' },
      true,
    ],
  ];
  test.each(faults)('%s', async (_, fault, bought) => {
    const stage = await Stage.of({ simulator: { faults: create(fault), duration: 0 } });
    expect(await stage.submit()).toMatchObject({ kind: 'mustReconcile' });
    const [attempt] = await stage.ledger().read();
    expect(attempt).toMatchObject({ decision: { decision: 'commit' } });
    expect(attempt!.outcome).toBeUndefined();
    // The attempt is never repeated, and the round is not resent until it is settled.
    expect(await stage.submit()).toMatchObject({ kind: 'mustReconcile' });
    expect(stage.simulator.calls().create).toBe(1);

    const settled = await stage.reconcile();
    if (bought) expect(settled).toMatchObject({ kind: 'bought', batch: (await stage.batches())[0]!.id });
    else
      expect(settled).toEqual({
        kind: 'searching',
        complete: true,
        attempt: 0,
        presumedLost: 0,
        lost: { requests: 3, sentAt: expect.any(String) },
        watching: [],
        reason: undefined,
      });
    expect((await stage.ledger().read())[0]!.outcome?.outcome).toBe(bought ? 'found' : undefined);
  });
});

describe('an attempt that fails before its last bytes has bought nothing', () => {
  test('if the API cannot be reached or sends no date, nothing begins', async () => {
    // No answer to the check of the clock says anything about the request.
    for (const status of [400, 401, 402, 429, 500, 529]) {
      const stage = await Stage.of({
        simulator: { faults: { http: [{ endpoint: 'list', kind: 'status', status }] } },
      });
      expect(await stage.submit()).toMatchObject({
        kind: 'notSent',
        why: { code: 'failed', reason: { code: 'failed', message: expect.any(String) } },
      });
      expect(await stage.ledger().read()).toEqual([]);
    }
  });

  test('if a proxy refuses the check of the clock, a later one may pass', async () => {
    const http: HttpFault[] = [{ endpoint: 'list', kind: 'status', status: 400, proxy: true }];
    const stage = await Stage.of({ simulator: { faults: { http } } });
    expect(await stage.submit()).toMatchObject({
      kind: 'notSent',
      why: { code: 'failed', reason: { code: 'failed', message: expect.any(String) } },
    });
  });

  test('a socket that drops during the upload', async () => {
    const texts = Array.from({ length: 300 }, () => 'x'.repeat(50_000));
    const stage = await Stage.of({
      texts,
      simulator: { faults: create({ kind: 'drop', afterBytes: 100_000 } as HttpFault) },
    });
    expect(await stage.submit()).toMatchObject({
      kind: 'notSent',
      why: { code: 'failed', reason: { code: 'failed', message: expect.any(String) } },
    });
    const [attempt] = await stage.ledger().read();
    expect(attempt!.decision).toMatchObject({ decision: 'overtaken' });
    expect(await stage.submit()).toMatchObject({ kind: 'bought' });
    expect(await stage.batches()).toHaveLength(1);
  });

  test('a store that fails at the gate', async () => {
    const stage = await Stage.of();
    stage.store.put = async (key: string, source: StoreSource, options = {}) => {
      if (key.endsWith('/decision.json') && String(source).includes('"commit"')) {
        throw new StoreError('No space.', key);
      }
      return MemoryStore.prototype.put.call(stage.store, key, source, options);
    };
    expect(await stage.submit()).toMatchObject({
      kind: 'notSent',
      why: { code: 'failed', reason: { message: expect.stringContaining('No space.') } },
    });
    expect(await stage.batches()).toEqual([]);
    expect((await stage.ledger().read())[0]!.decision).toMatchObject({ decision: 'overtaken' });
  });

  test('a store whose answer at the gate is lost, although the commit is recorded', async () => {
    const stage = await Stage.of();
    stage.store.put = async (key: string, source: StoreSource, options = {}) => {
      await MemoryStore.prototype.put.call(stage.store, key, source, options);
      if (key.endsWith('/decision.json')) throw new KeyExistsError(stage.store, key);
    };
    // The token shows that the commit is its own, so it continues.
    expect(await stage.submit()).toMatchObject({ kind: 'bought' });
  });

  test('a commit that took too long is recorded as nothing bought', async () => {
    const stage = await Stage.of();
    const times = { ...stage.times, gate: -1 };
    expect(await stage.submit({ times })).toMatchObject({
      kind: 'notSent',
      why: { code: 'failed', reason: { message: expect.stringContaining('too long to send safely') } },
    });
    expect(await stage.ledger().read()).toMatchObject([
      { decision: { decision: 'commit' }, outcome: { outcome: 'not-created' } },
    ]);
    expect(await stage.batches()).toEqual([]);
    expect(await stage.submit()).toMatchObject({ kind: 'bought' });
  });

  test('a cancellation during the upload', async () => {
    const stage = await Stage.of();
    const env = environment();
    stage.store.put = async (key: string, source: StoreSource, options = {}) => {
      await MemoryStore.prototype.put.call(stage.store, key, source, options);
      if (key.endsWith('/intent.json')) env.cancel();
    };
    expect(await env.run(stage.worker().anthropicSubmit, stage.sending())).toMatchObject({ kind: 'notSent' });
    expect(await stage.batches()).toEqual([]);
    expect(await stage.reconcile()).toEqual(OVERTAKEN);
  });
});

describe('a received answer', () => {
  /** A store that refuses a number of records of what was bought. */
  function failing(stage: Stage, times: number) {
    let left = times;
    stage.store.put = async (key: string, source: StoreSource, options = {}) => {
      const told = key.endsWith('/outcome.json') || key.startsWith('batches/');
      if (told && left-- > 0) throw new Error('No space.');
      return MemoryStore.prototype.put.call(stage.store, key, source, options);
    };
  }

  test('is recorded as soon as the store works again, so that no search is needed', async () => {
    const stage = await Stage.of();
    failing(stage, 3);
    const sent = await stage.submit();
    const [batch] = await stage.batches();
    expect(sent).toMatchObject({ kind: 'bought', batch: batch!.id });
    expect(await readClaim(stage.store, batch!.id)).toMatchObject({ attempt: 0 });
    expect((await stage.ledger().read())[0]!.outcome).toMatchObject({ outcome: 'created' });
    expect(stage.simulator.calls().list).toBe(1);
  });

  test('is recorded also if the job is canceled meanwhile', async () => {
    const stage = await Stage.of();
    failing(stage, 2);
    const env = environment();
    const sending = env.run(stage.worker().anthropicSubmit, stage.sending());
    await eventually(async () => (await stage.batches()).length === 1);
    env.cancel();
    expect(await sending).toMatchObject({ kind: 'bought' });
  });
});

describe('an answer that names another batch', () => {
  /** A worker whose create is answered with another batch, as by a cache of a proxy. */
  const answeredWith = (stage: Stage, reply: (own: Batch) => Batch | Promise<Batch>) => {
    const api = batchesApi(stage.client());
    const create: typeof api.create = async (...args) => reply(await api.create(...args));
    return { anthropic: () => ({ ...api, create }) };
  };
  const HOUR = 3_600_000;
  const stageOf = () => Stage.of({ simulator: { duration: HOUR, cancelDuration: 0 } });
  const strangerOf = async (stage: Stage, size?: number) => {
    const { id } = await stage.stranger(size);
    stage.simulator.clock.advance(1_000);
    return batchesApi(stage.client()).retrieve(id);
  };

  test.each<[string, (stage: Stage) => Promise<Batch>]>([
    ['an older one of another tool', (stage) => strangerOf(stage)],
    [
      'a newer one of another number',
      async (stage) => ({ ...(await strangerOf(stage, 4)), createdAt: undefined }),
    ],
  ])('%s decides nothing: it is watched, and the own batch is found', async (_, other) => {
    const stage = await stageOf();
    const named = await other(stage);
    expect(await stage.submit(answeredWith(stage, () => named))).toEqual({
      kind: 'mustReconcile',
      reason: { code: 'contradictedAnswer', batch: named.id },
    });
    expect((await stage.ledger().read())[0]!.outcome).toBeUndefined();
    expect(await readClaim(stage.store, named.id)).toBeUndefined();
    const ours = (await stage.batches()).find(({ id }) => id !== named.id)!;
    expect(await stage.reconcile()).toMatchObject({ watching: [named.id, ours.id] });
    stage.simulator.clock.advance(HOUR);
    expect(await stage.reconcile()).toMatchObject({ kind: 'bought', batch: ours.id });
    expect(stage.simulator.calls().cancel).toBe(0);
  });

  test.each([
    ['whose results proved it to be of another attempt is not even watched', true],
    ['that the store knows as another’s only by an answer is watched: it may have been swapped', undefined],
  ] as const)('one %s', async (_, proved) => {
    const stage = await stageOf();
    const other = await batchesApi(stage.client()).retrieve(
      (await stage.boughtBy({ nonce: 'f'.repeat(24), count: 3 })).id,
    );
    await claimBatch(stage.store, { batch: other.id, nonce: 'f'.repeat(24), proved });
    const sent = await stage.submit(answeredWith(stage, (own) => ({ ...own, id: other.id })));
    expect(sent).toMatchObject({ kind: 'mustReconcile' });
    const ours = (await stage.batches()).find(({ id }) => id !== other.id)!;
    const watching = proved ? [ours.id] : expect.arrayContaining([ours.id, other.id]);
    expect(await stage.reconcile()).toMatchObject({ watching });
  });

  test('is believed in the end if its batch proves to be ours, whatever its counts say', async () => {
    const stage = await stageOf();
    const wrong = (own: Batch) => ({ ...own, size: 1_002, counts: { ...own.counts, succeeded: 999 } });
    const api = batchesApi(stage.client());
    const deps = {
      anthropic: () => ({
        ...answeredWith(stage, wrong).anthropic(),
        retrieve: async (id: string) => wrong(await api.retrieve(id)),
        list: async (options: Parameters<typeof api.list>[0]) => {
          const page = await api.list(options);
          return { ...page, batches: page.batches.map((batch) => wrong(batch as Batch)) };
        },
      }),
    };
    expect(await stage.submit(deps)).toMatchObject({ kind: 'mustReconcile' });
    const [ours] = await stage.batches();
    // No search that finds nothing else may presume it lost.
    expect(await stage.reconcile({}, deps)).toMatchObject({ watching: [ours!.id] });
    stage.simulator.clock.advance(HOUR);
    expect(await stage.reconcile({}, deps)).toMatchObject({ kind: 'bought', batch: ours!.id });
  });

  test('that the API does not know decides nothing either', async () => {
    const stage = await stageOf();
    const sent = await stage.submit(answeredWith(stage, (own) => ({ ...own, id: 'msgbatch_none', size: 4 })));
    expect(sent).toMatchObject({ kind: 'mustReconcile' });
    const [ours] = await stage.batches();
    expect(await stage.reconcile()).toMatchObject({ watching: [ours!.id] });
  });

  test.each<[string, Partial<Batch>]>([
    ['no counts', { size: undefined, counts: {} }],
    ['counts of zero', { size: undefined, counts: { processing: 0, succeeded: 0 } }],
    ['no time', { createdAt: undefined }],
  ])('is believed at once if it has %s', async (_, fields) => {
    const stage = await stageOf();
    const sent = await stage.submit(answeredWith(stage, (own) => ({ ...own, ...fields })));
    expect(sent).toMatchObject({ kind: 'bought' });
  });
});

describe('a zombie', () => {
  /** An upload that waits at its gate until the test releases it. */
  async function atTheGate(stage: Stage) {
    const arrived = deferred();
    const onward = deferred();
    const slow = storeWith(stage.store, {
      put: async (key, source, options = {}) => {
        if (key.endsWith('/decision.json') && String(source).includes('"commit"')) {
          arrived.resolve();
          await onward.promise;
        }
        return stage.store.put(key, source, options);
      },
    });
    const zombie = stage.submit({ store: slow, times: { ...stage.times, gate: 60_000 } });
    await arrived.promise;
    return { zombie, letOn: onward.resolve };
  }

  /** Sends a round whose process is frozen between the API's answer and the ledger, longer than the grace. */
  async function lateAnswer(stage: Stage) {
    stage.store.put = async (key: string, source: StoreSource, options = {}) => {
      if (key.endsWith('/outcome.json') && String(source).includes('"created"')) {
        stage.store.put = MemoryStore.prototype.put.bind(stage.store);
        await stage.ledger().close(0, { outcome: 'presumed-lost' });
      }
      return MemoryStore.prototype.put.call(stage.store, key, source, options);
    };
    expect(await stage.submit()).toMatchObject({ kind: 'mustReconcile' });
  }

  test('that was overtaken during the upload creates nothing, and the round is resent at once', async () => {
    const stage = await Stage.of();
    const { zombie, letOn } = await atTheGate(stage);
    expect(await stage.reconcile()).toEqual(OVERTAKEN);
    const again = await stage.submit();
    expect(again).toMatchObject({ kind: 'bought' });
    letOn();
    expect(await zombie).toMatchObject({
      kind: 'notSent',
      why: { code: 'failed', reason: { message: expect.stringContaining('overtaken') } },
    });
    expect((await stage.batches()).map(({ id }) => id)).toEqual([again.kind === 'bought' && again.batch]);
    expect((await stage.ledger().read()).map(({ decision }) => decision?.decision)).toEqual([
      'overtaken',
      'commit',
    ]);
  });

  test('that won the gate first is not overtaken', async () => {
    const stage = await Stage.of();
    const { zombie, letOn } = await atTheGate(stage);
    letOn();
    expect(await zombie).toMatchObject({ kind: 'bought' });
    expect(await stage.reconcile()).toEqual(await zombie);
  });

  test('whose answer arrives after it was presumed lost cancels its batch and records it as an orphan', async () => {
    const stage = await Stage.of({ simulator: { duration: 60_000 } });
    await lateAnswer(stage);
    const [batch] = await stage.batches();
    expect(batch!.processing_status).toBe('canceling');
    expect(JSON.parse(stage.store.text(keys.orphan(stage.job, batch!.id)))).toEqual({
      batch: batch!.id,
      chunk: 0,
      round: 0,
      attempt: 0,
      createdAt: new Date(batch!.created_at).toISOString(),
    });
    expect(await readClaim(stage.store, batch!.id)).toMatchObject({ attempt: 0 });
    expect((await stage.ledger().read())[0]!.outcome).toMatchObject({ outcome: 'presumed-lost' });
    // The round continues with the next attempt.
    expect(await stage.submit()).toMatchObject({ kind: 'bought' });
  });

  test('whose late batch has ended before it could be canceled records an orphan too', async () => {
    const stage = await Stage.of({ simulator: { duration: 0 } });
    await lateAnswer(stage);
    const [batch] = await stage.batches();
    expect(stage.store.entries.has(keys.orphan(stage.job, batch!.id))).toBe(true);
  });

  test('whose late batch cannot be canceled at once cancels it as soon as the API allows it', async () => {
    const http: HttpFault[] = [{ endpoint: 'cancel', kind: 'status', status: 500 }];
    const stage = await Stage.of({ simulator: { duration: 60_000, faults: { http } } });
    await lateAnswer(stage);
    expect((await stage.batches())[0]!.processing_status).toBe('canceling');
  });
});
