import { describe, expect, test } from 'vitest';
import { readEqual } from '../../../activities/dedupe/equal-documents';
import { keys } from '../../../src/records/keys';
import { chunkSummary } from '../../support/chunks';
import fc from '../../support/fc';
import { PlannedJob, type Texts } from './planned-job';
import { Stage } from './support';

const quick = { duration: 0 };

const planned = async (chunks: Texts[]) => PlannedJob.of(await Stage.of({ simulator: quick }), chunks);

describe('equal requests', () => {
  const chunks: Texts[] = [
    ['a', 'b', null, 'a'],
    ['c', '[[sim:invalid_request_error]]', 'b', '[[sim:invalid_request_error]]', 'a'],
  ];

  test('are sent once, and every document has the answer, also across chunks', async () => {
    const job = await planned(chunks);
    expect(await job.findEqual()).toEqual({
      chunks: [
        [0, 1],
        [1, 3],
      ],
    });
    expect(await job.carry(0)).toMatchObject({ equal: 1, counts: { succeeded: 3, not_sent: 1 } });
    // Meanwhile, documents whose answer is in another chunk do not count as failures.
    expect(await job.carry(1)).toMatchObject({
      equal: 3,
      awaiting: 2,
      counts: { succeeded: 1, errored: 2, not_sent: 0 },
    });
    expect((await job.stage.simulator.books()).billed).toMatchObject({ requests: 3, repeated: 0 });

    expect(await job.finish()).toMatchObject({
      documents: 9,
      succeeded: 6,
      failed: 3,
      equal: 4,
      counts: { succeeded: 6, errored: 2, not_sent: 1 },
    });
    const [first, second] = [job.results(0), job.results(1)];
    expect(first.map(({ id, status }) => [id, status])).toEqual([
      ['d-0', 'succeeded'],
      ['d-1', 'succeeded'],
      ['d-2', 'not_sent'],
      ['d-3', 'succeeded'],
    ]);
    expect(first[3]).toEqual({ ...first[0], id: 'd-3' });
    expect(second[2]).toEqual({ ...first[1], id: 'd-2' });
    expect(second[4]).toEqual({ ...first[0], id: 'd-4' });
    // A failure reaches all documents that wait for it.
    expect(second[3]).toEqual({ ...second[1], id: 'd-3' });
  });

  test('leave one file of results a chunk, also in a store whose times are whole seconds', async () => {
    const job = await planned(chunks);
    const { store } = job.stage;
    const head = store.head.bind(store);
    store.head = async (key) => {
      const entry = await head(key);
      return entry && { ...entry, modified: new Date(0) };
    };
    await job.findEqual();
    for (const chunk of [0, 1]) await job.carry(chunk);
    for (let time = 0; time < 2; time += 1) {
      await job.finish();
      const files = [...store.entries.keys()].filter((key) => key.startsWith(keys.allResults(job.job)));
      expect(files.sort()).toEqual([0, 1].map((chunk) => chunkSummary(store, job.job, chunk).results));
    }
  });

  test('have the answer once when the job is finished again', async () => {
    const job = await planned(chunks);
    await job.findEqual();
    await job.carry(0);
    await job.carry(1);
    const summary = await job.finish();
    const before = job.results(1);
    expect(await job.finish()).toEqual({ ...summary, endedAt: expect.any(String) });
    expect(job.results(1)).toEqual(before);
  });

  test('keep the answer if their chunk is joined again after the end of the job, as after a Reset of the chunk alone', async () => {
    const job = await planned(chunks);
    await job.findEqual();
    await job.carry(0);
    await job.carry(1);
    await job.finish();
    const summary = () => ({ ...chunkSummary(job.stage.store, job.job, 1), results: undefined });
    const before = [job.results(1), summary()];
    await job.close(1);
    expect([job.results(1), summary()]).toEqual(before);
  });

  test('of a chunk that was never sent have that chunk’s outcome', async () => {
    const job = await planned(chunks);
    await job.findEqual();
    await job.close(0);
    await job.carry(1);
    expect(await job.finish()).toMatchObject({
      succeeded: 1,
      counts: { succeeded: 1, errored: 2, not_sent: 6 },
    });
    expect(job.results(1)[2]).toMatchObject({ id: 'd-2', error: { message: 'It was never sent.' } });
  });

  test('of a chunk that is over budget count as over budget in every chunk', async () => {
    const job = await planned(chunks);
    await job.findEqual();
    await job.close(0, 'over_budget');
    await job.carry(1);
    expect(job.results(0).filter(({ error }) => error?.type === 'over_budget')).toHaveLength(3);
    expect(await job.finish()).toMatchObject({ overBudget: 5 });
  });

  test('once found are not searched again', async () => {
    const job = await planned(chunks);
    const found = await job.findEqual();
    const { entries } = job.stage.store;
    const before = new Map(entries);
    expect(await job.findEqual()).toEqual(found);
    entries.delete(keys.equalRequests(job.job));
    expect(await job.findEqual()).toEqual(found);
    expect(new Map(entries)).toEqual(before);
  });

  test('of any set: the first of each is sent, in any number of passes', async () => {
    const stage = await Stage.of({ simulator: quick });
    const text = fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { freq: 6 });
    const sets = fc.array(fc.array(text, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 });
    let jobs = 0;
    await fc.assert(
      fc.asyncProperty(sets, fc.integer({ min: 8, max: 40 }), async (chunks, capacity) => {
        const job = await PlannedJob.of(stage, chunks, { id: `set-${jobs++}` });
        const { chunks: found } = await job.findEqual(capacity);
        const sent = chunks.flatMap((_, chunk) => job.sent(chunk));
        expect(sent).toEqual([...new Set(chunks.flat().filter((one) => one !== null))]);
        for (const [chunk, count] of found) {
          const equal = await readEqual(stage.store, { job: job.job, chunk });
          expect(equal.size).toBe(count);
          for (const [ordinal, first] of equal) {
            expect(chunks[first.chunk]![first.ordinal]).toBe(chunks[chunk]![ordinal]);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('answers of earlier jobs', () => {
  const chunks: Texts[] = [
    ['a', 'b', 'b', '[[sim:invalid_request_error]]'],
    ['c', 'a', '[[sim:max_tokens]]'],
  ];

  /** A job that has ended, and a stage with it. */
  async function earlier(options: Parameters<typeof PlannedJob.of>[2] = {}) {
    const stage = await Stage.of({ simulator: quick });
    const job = await PlannedJob.of(stage, chunks, { id: 'earlier', ...options });
    await job.findEqual();
    await job.carry(0);
    await job.carry(1);
    await job.finish();
    return { stage, job };
  }

  test('are reused instead of sending, except unusable ones', async () => {
    const { stage, job } = await earlier();
    const again = await PlannedJob.of(stage, [...chunks, ['new', 'new', 'c']], { id: 'again', reuse: true });
    expect(await again.findEqual()).toEqual({
      chunks: [
        [0, 3],
        [1, 2],
        [2, 2],
      ],
    });
    expect(again.sent(0)).toEqual(['[[sim:invalid_request_error]]']);
    expect(again.sent(1)).toEqual(['[[sim:max_tokens]]']);
    expect(again.sent(2)).toEqual(['new']);
    expect(await again.carry(0)).toMatchObject({ reused: 3, equal: 1, counts: { succeeded: 3, errored: 1 } });
    await again.carry(1);
    await again.carry(2);
    expect(await again.finish()).toMatchObject({ succeeded: 9, failed: 1, equal: 4, reused: 4 });
    expect(again.results(0).slice(0, 3)).toEqual(job.results(0).slice(0, 3));
    expect(again.results(1).slice(0, 2)).toEqual(job.results(1).slice(0, 2));
    expect(again.results(2)[2]).toEqual({ ...job.results(1)[0], id: 'd-2' });
  });

  test('stay if the earlier job is deleted meanwhile', async () => {
    const { stage, job } = await earlier();
    const again = await PlannedJob.of(stage, chunks, { id: 'again', reuse: true });
    const results = job.results(0);
    await again.findEqual();
    for (const key of [...stage.store.entries.keys()]) {
      if (key.startsWith(keys.job(job.job))) stage.store.entries.delete(key);
    }
    await again.carry(0);
    expect(again.results(0).slice(0, 3)).toEqual(results.slice(0, 3));
  });

  test('once found stay the same, although other jobs have newer answers', async () => {
    const { stage } = await earlier();
    const again = await PlannedJob.of(stage, [['a', 'new']], { id: 'again', reuse: true });
    const found = await again.findEqual();
    const other = await PlannedJob.of(stage, [['new']], { id: 'other' });
    await other.findEqual();
    await other.carry(0);
    await other.finish();
    stage.store.entries.delete(keys.equalRequests(again.job));
    expect(await again.findEqual()).toEqual(found);
    expect(again.sent(0)).toEqual(['new']);
  });

  test.each([
    ['with other betas', {}, { betas: ['a-2026-01-01'] }],
    ['that are too old', {}, { reuse: 1 }],
    ['by a job without reuse', {}, { reuse: false }],
  ])('are not reused: %s', async (_, before, now) => {
    const { stage } = await earlier(before);
    const again = await PlannedJob.of(stage, chunks, {
      id: 'again',
      reuse: true,
      deduplicate: false,
      ...now,
    });
    expect(await again.findEqual()).toEqual({ chunks: [] });
  });

  test('are as old as the newest summary of their job', async () => {
    const { stage, job } = await earlier();
    stage.store.date(keys.summary(job.job), new Date(Date.now() - 3_600_000));
    const reuse = async (id: string) => {
      const again = await PlannedJob.of(stage, chunks, { id, reuse: '10m', deduplicate: false });
      return (await again.findEqual()).chunks.length > 0;
    };
    expect(await reuse('old')).toBe(false);
    // The job was reset and has ended again.
    await stage.store.put(keys.summary(job.job, 1), stage.store.text(keys.summary(job.job)));
    stage.store.date(keys.summary(job.job, 1), new Date());
    expect(await reuse('new')).toBe(true);
  });

  test('are not reused from a job that has not ended', async () => {
    const stage = await Stage.of({ simulator: quick });
    const running = await PlannedJob.of(stage, [['a']], { id: 'running' });
    await running.findEqual();
    await running.carry(0);
    const again = await PlannedJob.of(stage, [['a']], { id: 'again', reuse: true });
    expect(await again.findEqual()).toEqual({ chunks: [] });
  });
});
