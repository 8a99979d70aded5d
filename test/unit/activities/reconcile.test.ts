import { describe, expect, test } from 'vitest';
import { batchesApi } from '../../../src/anthropic/batches';
import { toPage } from '../../../src/anthropic/replies';
import { submissionTimes } from '../../../src/job/protocol/submission';
import { claimBatch, ownClaim, readClaim } from '../../../src/records/claims';
import { RoundLedger } from '../../../src/records/ledger';
import { listOrphans } from '../../../src/records/orphans';
import type { Endpoint, HttpFault, Malformed } from '../../../src/simulator/index';
import { Stage, type StageOptions } from './support';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const running: StageOptions = { simulator: { duration: 60 * MINUTE } };
const ended: StageOptions = { simulator: { duration: 0 } };
const OVERTAKEN = { kind: 'notSent', why: { code: 'overtaken' } };
const nothing = {
  kind: 'searching',
  complete: true,
  watching: [],
  reason: undefined,
  attempt: 0,
  presumedLost: 0,
  lost: { requests: 3, sentAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) },
};

/** The result of a search of a list that can never be searched. */
const unsearchable = (problem: string) => {
  const obstacle = { code: 'unsearchableList', problem: expect.stringContaining(problem) };
  return { kind: 'searching', complete: false, reason: obstacle, blocked: obstacle };
};

describe('reconcile', () => {
  test('allows a round without an attempt', async () => {
    const stage = await Stage.of();
    expect(await stage.reconcile()).toEqual(OVERTAKEN);
    expect(stage.simulator.calls().list).toBe(0);
  });

  test('overtakes an attempt that has not committed, without a call of the API', async () => {
    const stage = await Stage.of();
    await stage
      .ledger()
      .intend(0, { nonce: '0'.repeat(24), count: 3, apiTime: new Date().toISOString(), fingerprint: 'f' });
    expect(await stage.reconcile()).toEqual(OVERTAKEN);
    expect(await stage.ledger().read()).toMatchObject([{ decision: { decision: 'overtaken' } }]);
    expect(stage.simulator.calls().list).toBe(0);
  });

  test('claims the batch of an answer whose process died before the claim', async () => {
    const stage = await Stage.of();
    await stage.committed();
    const createdAt = new Date().toISOString();
    await stage.ledger().close(0, { outcome: 'created', batch: 'msgbatch_1', createdAt });
    expect(await stage.reconcile()).toEqual({ kind: 'bought', batch: 'msgbatch_1', createdAt });
    expect(await readClaim(stage.store, 'msgbatch_1')).toMatchObject({ nonce: '0'.repeat(24), attempt: 0 });
  });
});

describe('a search for a batch whose answer was lost', () => {
  test('finds the batch by its nonce once it has ended', async () => {
    const stage = await Stage.of(ended);
    const intent = await stage.committed();
    await stage.stranger();
    const ours = await stage.boughtBy(intent);
    await stage.stranger();
    expect(await stage.reconcile()).toMatchObject({ kind: 'bought', batch: ours.id });
    expect(await stage.ledger().read()).toMatchObject([{ outcome: { outcome: 'found', batch: ours.id } }]);
    expect(await readClaim(stage.store, ours.id)).toMatchObject({
      nonce: intent.nonce,
      chunk: 0,
      round: 0,
      attempt: 0,
    });
    expect(await stage.reconcile()).toMatchObject({ kind: 'bought', batch: ours.id });
  });

  test('reports every further batch with its nonce, of a create that a gateway sent again', async () => {
    const stage = await Stage.of(ended);
    const intent = await stage.committed();
    const batches = [await stage.boughtBy(intent), await stage.boughtBy(intent)].map(({ id }) => id);
    const found = await stage.reconcile();
    if (found.kind !== 'bought') throw new Error(`It is ${found.kind}.`);
    expect(batches).toContain(found.batch);
    const [further] = batches.filter((id) => id !== found.batch);
    expect(await listOrphans(stage.store, stage.job)).toMatchObject([{ batch: further, attempt: 0 }]);
    expect(await readClaim(stage.store, further!)).toMatchObject({ nonce: intent.nonce });
    await stage.retrieve(found.batch);
    expect(await stage.finish()).toMatchObject({
      orphaned: [further],
      batches: [found.batch],
      cost: { requests: 3, unknown: 3 },
    });
  });

  test('that breaks off after the batch is found has found it', async () => {
    const stage = await Stage.of(ended);
    const ours = await stage.boughtBy(await stage.committed());
    const api = batchesApi(stage.client());
    const list: typeof api.list = async (options) => {
      if (options.after !== undefined) throw new Error('It broke.');
      return { ...(await api.list(options)), hasMore: true };
    };
    expect(await stage.reconcile({}, { anthropic: () => ({ ...api, list }) })).toMatchObject({
      kind: 'bought',
      batch: ours.id,
    });
  });

  test('watches a running batch, and identifies its owner when it has ended', async () => {
    const stage = await Stage.of(running);
    const intent = await stage.committed();
    const stranger = await stage.stranger();
    const ours = await stage.boughtBy(intent);
    await stage.stranger(4);
    expect(await stage.reconcile()).toMatchObject({
      kind: 'searching',
      complete: true,
      watching: [ours.id, stranger.id],
    });
    expect(await stage.submit()).toMatchObject({ kind: 'mustReconcile' });
    stage.simulator.clock.advance(60 * MINUTE);
    expect(await stage.reconcile()).toMatchObject({ kind: 'bought', batch: ours.id });
  });

  test('identifies other tools’ batches when they have ended, once for all jobs of the store', async () => {
    const stage = await Stage.of(running);
    await stage.committed();
    const stranger = await stage.stranger();
    expect(await stage.reconcile()).toMatchObject({ watching: [stranger.id] });
    stage.simulator.clock.advance(60 * MINUTE);
    // One download proves nothing.
    expect(await stage.reconcile()).toMatchObject({ watching: [stranger.id] });
    expect(await readClaim(stage.store, stranger.id)).toBeUndefined();
    expect(await stage.reconcile()).toEqual(nothing);
    expect(await readClaim(stage.store, stranger.id)).toMatchObject({ batch: stranger.id, nonce: null });
    const { results } = stage.simulator.calls();
    expect(await stage.reconcile()).toEqual(nothing);
    expect(stage.simulator.calls().results).toBe(results);
  });

  test('finds a batch of a process that was frozen for hours, and does not wait for other batches that are as late', async () => {
    const stage = await Stage.of({ simulator: { duration: ({ number }) => (number === 2 ? HOUR : 0) } });
    const intent = await stage.committed();
    expect(await stage.reconcile()).toEqual(nothing);
    stage.simulator.clock.advance(10 * HOUR);
    const stranger = await stage.stranger();
    // It blocks no search, also before its owner is certain.
    expect(await stage.reconcile()).toEqual(nothing);
    expect(await stage.reconcile()).toEqual(nothing);
    expect(await readClaim(stage.store, stranger.id)).toMatchObject({ nonce: null });
    const ours = await stage.boughtBy(intent);
    await stage.stranger();
    expect(await stage.reconcile()).toMatchObject({ kind: 'bought', batch: ours.id });
  });

  test('rules out a batch of another attempt of ours', async () => {
    const stage = await Stage.of(ended);
    await stage.committed();
    const other = await stage.boughtBy({ nonce: 'f'.repeat(24), count: 3 });
    expect(await stage.reconcile()).toMatchObject({ watching: [other.id] });
    expect(await stage.reconcile()).toEqual(nothing);
    expect(await readClaim(stage.store, other.id)).toMatchObject({ nonce: 'f'.repeat(24) });
  });

  test('is not decided by one download that has the rows of another batch', async () => {
    const stage = await Stage.of(ended);
    const ours = await stage.boughtBy(await stage.committed());
    const other = await stage.stranger(4);
    const api = batchesApi(stage.client());
    const mixed: typeof api = {
      ...api,
      results: async () => api.results({ id: other.id, resultsUrl: null }),
    };
    expect(await stage.reconcile({}, { anthropic: () => mixed })).toMatchObject({
      kind: 'searching',
      watching: [ours.id],
    });
    expect(await readClaim(stage.store, ours.id)).toBeUndefined();
    expect(await stage.reconcile()).toMatchObject({ kind: 'bought', batch: ours.id });
  });

  test('is not decided by two downloads that contradict each other', async () => {
    const stage = await Stage.of(ended);
    const ours = await stage.boughtBy(await stage.committed());
    const others = [await stage.stranger(4), await stage.boughtBy({ nonce: 'f'.repeat(24), count: 4 })];
    const api = batchesApi(stage.client());
    for (const other of others) {
      const mixed: typeof api = {
        ...api,
        results: async () => api.results({ id: other.id, resultsUrl: null }),
      };
      expect(await stage.reconcile({}, { anthropic: () => mixed })).toMatchObject({ watching: [ours.id] });
    }
    expect(await stage.reconcile()).toMatchObject({ kind: 'bought', batch: ours.id });
  });

  test('does not wait for a running batch that is known to be of another', async () => {
    const stage = await Stage.of(running);
    await stage.committed();
    const other = await stage.stranger();
    await claimBatch(stage.store, { batch: other.id, nonce: 'f'.repeat(24) });
    expect(await stage.reconcile()).toEqual(nothing);
  });

  test('watches an ended batch whose results cannot be read', async () => {
    const stage = await Stage.of(ended);
    const ours = await stage.boughtBy(await stage.committed());
    stage.simulator.faults.add({ http: [{ endpoint: 'results', kind: 'status', status: 404 }] });
    expect(await stage.reconcile()).toMatchObject({ kind: 'searching', watching: [ours.id] });
    expect(await stage.reconcile()).toMatchObject({ kind: 'bought', batch: ours.id });
  });

  test('holds for a person if a batch can never be read, but not while a candidate runs', async () => {
    const stage = await Stage.of({ simulator: { duration: ({ number }) => (number === 1 ? HOUR : 0) } });
    await stage.committed();
    const [gone, strangers] = [await stage.stranger(), await stage.stranger()];
    stage.simulator.faults.add({ http: [{ endpoint: 'results', kind: 'status', status: 404, times: null }] });
    const first = await stage.reconcile();
    expect(first).toMatchObject({ kind: 'searching', watching: [strangers.id, gone.id], blocked: undefined });
    stage.simulator.clock.advance(HOUR);
    expect(await stage.reconcile()).toMatchObject({
      kind: 'searching',
      complete: true,
      watching: [strangers.id, gone.id],
      reason: undefined,
      blocked: { code: 'unreadableBatches', batches: [strangers.id, gone.id], problems: [] },
    });
    expect((await stage.ledger().read())[0]!.outcome).toBeUndefined();
  });

  test('identifies a batch by a first row of an unknown type', async () => {
    const stage = await Stage.of(ended);
    const intent = await stage.committed();
    const ours = await stage.boughtBy(intent);
    const row = { custom_id: `${intent.nonce}-2`, result: { type: 'postponed' } };
    const api = batchesApi(stage.client());
    const results = async () =>
      new Response(JSON.stringify(row)).body as unknown as AsyncIterable<Uint8Array>;
    expect(await stage.reconcile({}, { anthropic: () => ({ ...api, results }) })).toMatchObject({
      kind: 'bought',
      batch: ours.id,
    });
  });

  test('is bounded on both sides: batches created long before or long after are ignored', async () => {
    const stage = await Stage.of(running);
    await stage.stranger();
    stage.simulator.clock.advance(60 * MINUTE);
    await stage.committed();
    expect(await stage.reconcile()).toEqual(nothing);
    stage.simulator.clock.advance(60 * MINUTE);
    await stage.stranger();
    // The bound counts from when the commit was first seen, not from this search.
    expect(await stage.reconcile()).toEqual(nothing);
  });

  test('reads pages back to one that is entirely older than the window', async () => {
    const stage = await Stage.of(ended);
    const ours = await stage.boughtBy(await stage.committed());
    await Promise.all(Array.from({ length: 40 }, (_, n) => stage.stranger(1 + (n % 3))));
    const api = batchesApi(stage.client());
    const pages: (string | undefined)[] = [];
    const paged = {
      ...api,
      list: (options: { limit: number; after?: string }) => {
        if (options.limit > 1) pages.push(options.after);
        return api.list({ ...options, limit: 7 });
      },
    };
    expect(await stage.reconcile({}, { anthropic: () => paged })).toMatchObject({
      kind: 'bought',
      batch: ours.id,
    });
    expect(pages).toHaveLength(6);
    expect(new Set(pages).size).toBe(6);
    // The owner of each batch was read from its own results, and recorded.
    const shown = [...stage.store.entries.keys()].filter((key) => key.includes('/shown/'));
    expect(shown).toHaveLength(40);
  });

  test('does not count if the pages repeat, because unseen batches may exist', async () => {
    const stage = await Stage.of(running);
    await stage.committed();
    for (let n = 0; n < 3; n += 1) await stage.stranger(7);
    const api = batchesApi(stage.client());
    const [newest] = (await api.list({ limit: 1 })).batches;
    const circling = {
      ...api,
      list: async ({ limit, after }: { limit: number; after?: string }) => {
        const page = await api.list({ limit: Math.min(limit, 2), after });
        // The last page leads back to the first.
        if (page.hasMore) return page;
        return { ...page, batches: [...page.batches, { ...newest!, createdAt: undefined }], hasMore: true };
      },
    };
    expect(await stage.reconcile({}, { anthropic: () => circling })).toMatchObject(unsearchable('back to'));
  });

  test('does not count if the list begins with the oldest batches, because later ones may be missing', async () => {
    const stage = await Stage.of(ended);
    const old = await stage.stranger();
    stage.simulator.clock.advance(HOUR);
    await stage.committed();
    const api = batchesApi(stage.client());
    const oldest = {
      ...(await api.retrieve(old.id)),
      id: 'msgbatch_older',
      createdAt: new Date('2026-01-01T00:00:00Z'),
    };
    const ascending = {
      ...api,
      list: async () => ({ batches: [oldest, await api.retrieve(old.id)], hasMore: true, lastId: old.id }),
    };
    expect(await stage.reconcile({}, { anthropic: () => ascending })).toMatchObject(
      unsearchable('not listed newest first'),
    );
  });

  test.each([1, 2])(
    'that begins with the oldest batches, %i a page, does not count even if all are of one time',
    async (size) => {
      const stage = await Stage.of(running);
      const old = await stage.stranger(7);
      stage.simulator.clock.advance(HOUR);
      await stage.boughtBy(await stage.committed());
      const api = batchesApi(stage.client());
      const all = [
        ...Array.from({ length: 3 }, (_, n) => ({ ...old, id: `msgbatch_old_${n}` })),
        ...(await stage.batches()).sort((a, b) => a.created_at.localeCompare(b.created_at)),
      ];
      const list = async ({ after }: { limit: number; after?: string }) => {
        const from = all.findIndex(({ id }) => id === after) + 1;
        const reply = { data: all.slice(from, from + size), has_more: from + size < all.length };
        return toPage(reply, new Date(await stage.simulator.clock.now()).toUTCString());
      };
      expect(await stage.reconcile({}, { anthropic: () => ({ ...api, list }) })).toMatchObject(
        unsearchable('not listed newest first'),
      );
    },
  );

  test('whose first page is of one time reads on until the list goes back in time', async () => {
    const stage = await Stage.of(running);
    for (let n = 0; n < 3; n += 1) {
      await stage.stranger(7);
      stage.simulator.clock.advance(MINUTE);
    }
    stage.simulator.clock.advance(HOUR);
    await stage.committed();
    const api = batchesApi(stage.client());
    const pages: (string | undefined)[] = [];
    const list: typeof api.list = ({ limit, after }) => {
      if (limit > 1) pages.push(after);
      return api.list({ limit: 1, after });
    };
    expect(await stage.reconcile({}, { anthropic: () => ({ ...api, list }) })).toEqual(nothing);
    expect(pages).toHaveLength(2);
  });

  test('that failed does not count', async () => {
    const stage = await Stage.of(ended);
    await stage.committed();
    for (const skip of [0, 1]) {
      stage.simulator.faults.set({ http: [{ endpoint: 'list', kind: 'status', status: 500, skip }] });
      expect(await stage.reconcile()).toMatchObject({
        kind: 'searching',
        complete: false,
        reason: { code: 'failed', message: expect.stringContaining('500') },
      });
    }
  });

  test('finds a batch that appears late in the list', async () => {
    const stage = await Stage.of({ simulator: { duration: 0, listLag: 5_000 } });
    const ours = await stage.boughtBy(await stage.committed());
    expect(await stage.reconcile()).toEqual(nothing);
    stage.simulator.clock.advance(5_000);
    expect(await stage.reconcile()).toMatchObject({ kind: 'bought', batch: ours.id });
  });
});

describe('a search through a gateway with malformed replies', () => {
  const odd = (stage: Stage, ...http: HttpFault[]) =>
    stage.simulator.faults.set({ http: http.map((fault) => ({ times: null, ...fault })) });
  const malformed = (endpoint: Endpoint, fields: Record<string, Malformed>): HttpFault => ({
    kind: 'malformed',
    endpoint,
    fields,
  });

  test.each<[string, HttpFault]>([
    ['leaves out zero counts', { kind: 'list-omits-zero' }],
    ['leaves out created_at', malformed('list', { created_at: 'missing' })],
    ['leaves out request_counts', malformed('list', { request_counts: 'missing' })],
    ['leaves out processing_status', malformed('list', { processing_status: 'missing' })],
    ['gives created_at as a number', malformed('list', { created_at: 'retyped' })],
    ['gives counts as strings', malformed('list', { 'request_counts.succeeded': 'retyped' })],
  ])('that %s in its list finds the batch, and identifies other tools’ batches', async (_, fault) => {
    for (const options of [running, ended]) {
      const stage = await Stage.of(options);
      const ours = await stage.boughtBy(await stage.committed());
      const strangers = [await stage.stranger(4), await stage.stranger()];
      odd(stage, fault);
      if (options === running) {
        expect(await stage.reconcile()).toMatchObject({
          kind: 'searching',
          complete: true,
          watching: [strangers[1]!.id, ours.id],
        });
        stage.simulator.clock.advance(HOUR);
      }
      expect(await stage.reconcile()).toMatchObject({ kind: 'bought', batch: ours.id });
      expect(stage.simulator.calls().cancel).toBe(0);
    }
  });

  test('does not wait for an ended batch of another size without an id', async () => {
    const stage = await Stage.of(ended);
    await stage.committed();
    await stage.stranger(4);
    odd(stage, malformed('list', { id: 'missing' }));
    expect(await stage.reconcile()).toMatchObject({ kind: 'searching', watching: [], blocked: undefined });
  });

  test('identifies a batch by its results if no reply about it is readable', async () => {
    const stage = await Stage.of(ended);
    const ours = await stage.boughtBy(await stage.committed());
    const fields = { created_at: 'missing', request_counts: 'null', processing_status: 'retyped' } as const;
    odd(stage, malformed('list', fields), malformed('retrieve', fields));
    expect(await stage.reconcile()).toMatchObject({ kind: 'bought', batch: ours.id });
  });

  test('holds for a person if nothing of a batch is readable, and names the field', async () => {
    const stage = await Stage.of(ended);
    const ours = await stage.boughtBy(await stage.committed());
    odd(
      stage,
      malformed('list', { created_at: 'missing' }),
      malformed('retrieve', { created_at: 'missing' }),
      { kind: 'status', status: 404, endpoint: 'results' },
    );
    const blocked = {
      code: 'unreadableBatches',
      batches: [ours.id],
      problems: [expect.stringMatching(/^msgbatch_\w+: malformed reply: field created_at is missing/)],
    };
    expect(await stage.reconcile()).toMatchObject({
      kind: 'searching',
      complete: true,
      watching: [ours.id],
      reason: blocked,
      blocked,
    });
    odd(stage);
    expect(await stage.reconcile()).toMatchObject({ kind: 'bought', batch: ours.id });
  });

  test('counts an entry without an id as possibly ours unless its other fields rule it out', async () => {
    const stage = await Stage.of(running);
    await stage.committed();
    await stage.stranger(4);
    odd(stage, malformed('list', { id: 'missing' }));
    expect(await stage.reconcile()).toEqual(nothing);
    await stage.stranger();
    expect(await stage.reconcile()).toMatchObject({
      complete: true,
      watching: ['a batch without an id'],
      reason: {
        code: 'unreadableBatches',
        batches: ['a batch without an id'],
        problems: ['a batch without an id: malformed reply: field id is missing.'],
      },
    });
  });

  test.each<[Record<string, Malformed>, string]>([
    [{ data: 'missing' }, 'field data is missing'],
    [{ data: 'null' }, 'field data is null'],
    [{ data: 'retyped' }, 'field data is another string; expected an array'],
  ])('does not count while the list lacks %j', async (fields, problem) => {
    const stage = await Stage.of(running);
    await stage.committed();
    await stage.stranger(4);
    odd(stage, malformed('list', fields));
    expect(await stage.reconcile()).toMatchObject({
      kind: 'searching',
      complete: false,
      reason: { code: 'failed', message: expect.stringContaining(`malformed reply: ${problem}`) },
      blocked: undefined,
    });
  });

  test.each<[Record<string, Malformed>, string]>([
    [{ has_more: 'missing' }, 'field has_more is missing, so the end of the list is unknown'],
    [{ has_more: 'missing', id: 'missing', last_id: 'null' }, 'field last_id is missing'],
  ])('cannot search a list whose end is unknown because it lacks %j', async (fields, problem) => {
    const stage = await Stage.of(running);
    await stage.committed();
    await stage.stranger(4);
    odd(stage, malformed('list', fields));
    expect(await stage.reconcile()).toMatchObject(unsearchable(`malformed reply: ${problem}`));
  });

  test.each([0, 1, 3])(
    'needs no has_more if the list shows %i newer batches and older ones',
    async (newer) => {
      const stage = await Stage.of(running);
      for (let n = 0; n < 3; n += 1) await stage.stranger();
      stage.simulator.clock.advance(HOUR);
      await stage.committed();
      for (let n = 0; n < newer; n += 1) await stage.stranger(4);
      odd(stage, malformed('list', { has_more: 'missing' }));
      expect(await stage.reconcile()).toEqual(nothing);
    },
  );

  test('reads at most 200 pages of a list that never ends, and says why it waits', async () => {
    const stage = await Stage.of(running);
    await stage.committed();
    await stage.stranger(4);
    const api = batchesApi(stage.client());
    const page = await api.list({ limit: 1 });
    let pages = 0;
    const list = async () => {
      pages += 1;
      return { ...page, batches: [{ ...page.batches[0]!, id: `msgbatch_${pages}` }], hasMore: true };
    };
    expect(await stage.reconcile({}, { anthropic: () => ({ ...api, list }) })).toMatchObject(
      unsearchable('did not end within 200 pages'),
    );
    expect(pages).toBe(200);
  });
});

describe('in a workspace with many batches of one size', () => {
  test('each round of each job finds its own batch, and other tools keep theirs', async () => {
    const stage = await Stage.of(running);
    const other = { ...stage.job, id: 'other job' };
    const rounds = [
      { job: stage.job, chunk: 0, round: 0 },
      { job: stage.job, chunk: 0, round: 1 },
      { job: stage.job, chunk: 1, round: 0 },
      { job: other, chunk: 0, round: 0 },
    ];
    const apiTime = new Date(await stage.simulator.clock.now()).toISOString();
    const { fingerprint } = batchesApi(stage.client());
    const batches: string[] = [];
    for (const [index, round] of rounds.entries()) {
      const intent = { nonce: String(index).repeat(24), count: 3, apiTime, fingerprint };
      const ledger = new RoundLedger(stage.store, round);
      await ledger.intend(0, intent);
      await ledger.decide(0, 'commit');
      await stage.stranger();
      batches.push((await stage.boughtBy(intent)).id);
    }
    const all = (await stage.batches()).map(({ id }) => id);
    for (const round of rounds) expect(await stage.reconcile(round)).toMatchObject({ watching: all });
    stage.simulator.clock.advance(HOUR);
    const found = await Promise.all(rounds.map((round) => stage.reconcile(round)));
    expect(found.map((it) => it.kind === 'bought' && it.batch)).toEqual(batches);
    expect(stage.simulator.calls().cancel).toBe(0);
    for (const [index, round] of rounds.entries()) {
      const { chunk, round: number, job } = (await readClaim(stage.store, batches[index]!))!;
      expect({ chunk, round: number, job: job!.id }).toEqual({ ...round, job: round.job.id });
    }
  });

  test.each([-7, 7])('a worker whose clock is %i hours off finds the right batches', async (hours) => {
    const now = () => Date.now() + hours * HOUR;
    for (const when of ['before', 'after'] as const) {
      const stage = await Stage.of({
        simulator: { now, duration: 0, faults: { http: [{ endpoint: 'create', kind: 'drop', when }] } },
      });
      await stage.submit();
      const found = await stage.reconcile();
      const [batch] = await stage.batches();
      if (when === 'after') expect(found).toMatchObject({ kind: 'bought', batch: batch!.id });
      else expect(found).toEqual(nothing);
      // Batches created long before on the API's clock are no candidates.
      stage.simulator.clock.advance(HOUR);
      const chunk = 5;
      const ledger = new RoundLedger(stage.store, { job: stage.job, chunk, round: 0 });
      const apiTime = new Date(await stage.simulator.clock.now()).toISOString();
      const { fingerprint } = batchesApi(stage.client());
      await ledger.intend(0, { nonce: '5'.repeat(24), count: 3, apiTime, fingerprint });
      await ledger.decide(0, 'commit');
      expect(await stage.reconcile({ chunk })).toEqual(nothing);
    }
  });
});

describe.each([-2, 2])('a search through a gateway whose Date is %i hours off', (hours) => {
  async function lostBehind({ others }: { others: number }) {
    const stage = await Stage.of(running);
    for (let n = 0; n < others; n += 1) await stage.stranger();
    if (others > 0) stage.simulator.clock.advance(10 * MINUTE);
    const api = batchesApi(stage.client());
    const off = (now: Date | undefined) => new Date(now!.getTime() + hours * HOUR);
    const deps = {
      anthropic: () => ({
        ...api,
        time: async () => {
          const time = await api.time();
          return { ...time, now: off(time.now) };
        },
      }),
    };
    stage.simulator.faults.set({ http: [{ kind: 'drop', endpoint: 'create', when: 'after' }] });
    expect(await stage.submit(deps)).toMatchObject({ kind: 'mustReconcile' });
    const [ours] = await stage.batches();
    return { stage, deps, ours: ours! };
  }

  test.each([0, 2])('watches the batch, and finds it: %i batches were there before', async (others) => {
    const { stage, deps, ours } = await lostBehind({ others });
    // Behind a clock that is ahead, the batches that were there before the attempt block nothing.
    const watching = hours > 0 ? [ours.id] : expect.arrayContaining([ours.id]);
    expect(await stage.reconcile({}, deps)).toMatchObject({ complete: true, watching });
    stage.simulator.clock.advance(HOUR);
    expect(await stage.reconcile({}, deps)).toMatchObject({ kind: 'bought', batch: ours.id });
  });

  test('watches the batch if the first search did not show it yet', async () => {
    const { stage, deps, ours } = await lostBehind({ others: 0 });
    stage.simulator.faults.set({ listLag: 5 * MINUTE });
    expect(await stage.reconcile({}, deps)).toMatchObject({ complete: true, watching: [] });
    stage.simulator.clock.advance(6 * MINUTE);
    expect(await stage.reconcile({}, deps)).toMatchObject({ complete: true, watching: [ours.id] });
  });

  test('finds it as an orphan if it was presumed lost', async () => {
    const { stage, deps, ours } = await lostBehind({ others: 1 });
    await stage.ledger().close(0, { outcome: 'presumed-lost' });
    expect(await stage.submit(deps)).toMatchObject({ kind: 'bought' });
    stage.simulator.clock.advance(HOUR);
    expect(await stage.collect(deps)).toMatchObject({ orphaned: [ours.id] });
  });
});

describe('a search with another key', () => {
  const keyed: StageOptions = {
    apiKey: 'old',
    simulator: { duration: 0, apiKeys: { old: 'one', new: 'one', foreign: 'two' } },
  };
  const as = (stage: Stage, key: string) => ({ anthropic: () => batchesApi(stage.client(key)) });

  test('does not count until the key is known to reach the same workspace', async () => {
    const stage = await Stage.of(keyed);
    await stage.committed();
    for (const key of ['new', 'foreign']) {
      expect(await stage.reconcile({}, as(stage, key))).toMatchObject({
        kind: 'searching',
        complete: false,
        reason: { code: 'keyChanged' },
      });
    }
  });

  test('counts once the key reaches a batch that the old key bought', async () => {
    const stage = await Stage.of(keyed);
    const intent = await stage.committed();
    const known = await stage.boughtBy({ nonce: 'e'.repeat(24), count: 1 });
    await claimBatch(stage.store, {
      batch: known.id,
      nonce: 'e'.repeat(24),
      fingerprint: intent.fingerprint,
    });
    expect(await stage.reconcile({}, as(stage, 'new'))).toEqual(nothing);
    expect(await stage.reconcile({}, as(stage, 'foreign'))).toMatchObject({ complete: false });
  });

  test("checks the job's own batches first, and only a few of all others", async () => {
    const stage = await Stage.of(keyed);
    const intent = await stage.committed();
    const claim = (batch: string) =>
      claimBatch(stage.store, { batch, nonce: 'e'.repeat(24), fingerprint: intent.fingerprint });
    for (let n = 0; n < 15; n += 1) await claim(`msgbatch_0${n}_deleted`);
    const before = stage.simulator.calls().retrieve;
    expect(await stage.reconcile({}, as(stage, 'new'))).toMatchObject({ complete: false });
    expect(stage.simulator.calls().retrieve - before).toBe(10);

    // Another chunk of the job bought one with the old key.
    const own = await stage.boughtBy({ nonce: 'd'.repeat(24), count: 1 });
    const other = new RoundLedger(stage.store, { job: stage.job, chunk: 7, round: 0 });
    await other.intend(0, { ...intent, nonce: 'd'.repeat(24), count: 1 });
    await other.close(0, { outcome: 'created', batch: own.id, createdAt: own.created_at });
    expect(await stage.reconcile({}, as(stage, 'new'))).toEqual(nothing);
    expect(stage.simulator.calls().retrieve - before).toBe(11);
  });

  test('finds the batch by its nonce even if the workspace is not confirmed', async () => {
    const stage = await Stage.of(keyed);
    const ours = await stage.boughtBy(await stage.committed());
    expect(await stage.reconcile({}, as(stage, 'new'))).toMatchObject({ kind: 'bought', batch: ours.id });
  });

  test('does not count in another workspace of the same key', async () => {
    const stage = await Stage.of(ended);
    await stage.committed();
    const client = stage.client('test-key', { defaultHeaders: { 'anthropic-workspace-id': 'elsewhere' } });
    expect(await stage.reconcile({}, { anthropic: () => batchesApi(client) })).toMatchObject({
      complete: false,
    });
  });
});

describe('a search after an attempt of the round was presumed lost', () => {
  const second = async (options: StageOptions = ended) => {
    const stage = await Stage.of(options);
    await stage.committed(0);
    await stage.reconcile({ presumeLost: true });
    await stage.committed(1);
    return stage;
  };
  const absent = { ...nothing, attempt: 1, presumedLost: 1 };
  const known = async (stage: Stage, nonce = 'e') => {
    const batch = await stage.boughtBy({ nonce: nonce.repeat(24), count: 1 });
    const ref = { ...stage.round(), chunk: 7 };
    const intent = { nonce: nonce.repeat(24), count: 1, apiTime: batch.created_at, fingerprint: 'f' };
    await claimBatch(stage.store, ownClaim(ref, 0, intent, batch.id));
  };

  test('reports whether the list shows a batch that is known to be ours', async () => {
    const stage = await second();
    expect(await stage.reconcile()).toEqual({ ...absent, proved: false });
    // Another tool's batch proves nothing about what our key's list shows.
    const stranger = await stage.stranger(1);
    await claimBatch(stage.store, { batch: stranger.id, nonce: null });
    expect(await stage.reconcile()).toEqual({ ...absent, proved: false });
    await known(stage);
    expect(await stage.reconcile()).toEqual({ ...absent, proved: true });
  });

  test('reads at most 20 more pages for such a batch', async () => {
    for (const [strangers, proved] of [
      [38, true],
      [40, false],
    ] as const) {
      const stage = await second();
      await known(stage);
      await Promise.all(Array.from({ length: strangers }, () => stage.stranger(1)));
      const api = batchesApi(stage.client());
      const paged = {
        ...api,
        list: (options: { limit: number; after?: string }) => api.list({ ...options, limit: 2 }),
      };
      expect(await stage.reconcile({}, { anthropic: () => paged })).toEqual({ ...absent, proved });
    }
  });

  test('requires no such batch at the first time, nor after the third', async () => {
    const stage = await Stage.of(ended);
    for (const attempt of [0, 1, 2, 3]) {
      await stage.committed(attempt);
      const asks = attempt === 1 || attempt === 2;
      const found = { ...absent, attempt, presumedLost: attempt, proved: asks ? false : undefined };
      expect(await stage.reconcile()).toEqual(found);
      await stage.reconcile({ presumeLost: true, allowed: 9 });
    }
  });
});

describe('presuming an attempt lost', () => {
  const presumeLost = { presumeLost: true, allowed: 1 };

  test('records it, and the round is resent', async () => {
    const stage = await Stage.of();
    await stage.committed();
    expect(await stage.reconcile(presumeLost)).toEqual(OVERTAKEN);
    expect(await stage.ledger().read()).toMatchObject([{ outcome: { outcome: 'presumed-lost' } }]);
    expect(await stage.submit()).toMatchObject({ kind: 'bought' });
  });

  test('holds for a person after three lost attempts, until a person allows another', async () => {
    const stage = await Stage.of();
    for (const attempt of [0, 1, 2]) {
      await stage.committed(attempt);
      expect(await stage.reconcile({ presumeLost: true, allowed: 3 })).toEqual(OVERTAKEN);
    }
    await stage.committed(3);
    for (let n = 0; n < 2; n += 1) {
      expect(await stage.reconcile({ presumeLost: true, allowed: 3 })).toMatchObject({
        kind: 'held',
        presumedLost: 3,
        reason: { code: 'presumedLostBefore', attempts: 3 },
      });
    }
    expect((await stage.ledger().read())[3]!.outcome).toBeUndefined();
    expect(await stage.reconcile({ presumeLost: true, allowed: 4 })).toEqual(OVERTAKEN);
  });

  test('has no effect if the answer is recorded', async () => {
    const stage = await Stage.of();
    await stage.committed();
    const createdAt = new Date().toISOString();
    await stage.ledger().close(0, { outcome: 'created', batch: 'msgbatch_1', createdAt });
    expect(await stage.reconcile(presumeLost)).toEqual({ kind: 'bought', batch: 'msgbatch_1', createdAt });
  });

  test('is impossible for an attempt that has not committed, which is overtaken instead', async () => {
    const stage = await Stage.of();
    await stage
      .ledger()
      .intend(0, { nonce: '0'.repeat(24), count: 3, apiTime: new Date().toISOString(), fingerprint: 'f' });
    expect(await stage.reconcile(presumeLost)).toEqual(OVERTAKEN);
    expect((await stage.ledger().read())[0]).toMatchObject({
      decision: { decision: 'overtaken' },
      outcome: undefined,
    });
  });
});

test('applies to the searched attempt, and no later one', async () => {
  const stage = await Stage.of(ended);
  await stage.committed(0);
  await stage.ledger().close(0, { outcome: 'not-created', reason: 'refused, after all' });
  await stage.committed(1);
  expect(await stage.reconcile({ presumeLost: true, attempt: 0 })).toMatchObject({
    kind: 'searching',
    attempt: 1,
  });
  expect((await stage.ledger().read())[1]!.outcome).toBeUndefined();
  expect(await stage.reconcile({ presumeLost: true, attempt: 1 })).toEqual(OVERTAKEN);
});

test("uses the job's times, not the worker's", async () => {
  const stage = await Stage.of(running);
  const intent = await stage.committed();
  await stage.ledger().seen(0, new Date(Date.parse(intent.apiTime) - 60 * MINUTE));
  const { id } = await stage.boughtBy(intent);
  expect(await stage.reconcile({ times: submissionTimes(1) })).toMatchObject({
    complete: true,
    watching: [],
  });
  expect(await stage.reconcile({ times: submissionTimes(300 * MINUTE) })).toMatchObject({ watching: [id] });
});

test('a round with more than a thousand attempts continues with the next', async () => {
  const stage = await Stage.of();
  for (const attempt of [99, 100, 999, 1000, 1001]) await stage.ledger().decide(attempt, 'overtaken');
  await stage.submit();
  expect((await stage.ledger().read()).at(-1)).toMatchObject({
    attempt: 1002,
    outcome: { outcome: 'created' },
  });
});
