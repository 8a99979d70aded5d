import { describe, expect, test } from 'vitest';
import { createFindEqual } from '../../../activities/find-equal';
import { heavyLimit } from '../../../activities/heavy';
import type { ChunkSummary, JobSummary } from '../../../src/job/job';
import type { EqualRequests, Submission } from '../../../src/job/steps';
import { keys } from '../../../src/store/keys';
import fc from '../../support/fc';
import { environment, Stage } from './support';

const quick = { duration: 0 };

type Texts = (string | null)[];

/** A planned job of these chunks. */
async function planned(chunks: Texts[]): Promise<Stage> {
  const stage = await Stage.of({ simulator: quick, texts: chunks[0] });
  for (const [chunk, texts] of chunks.entries()) await stage.putChunk(texts, chunk);
  return stage;
}

function findEqual(stage: Stage, chunks: Texts[], room?: number): Promise<EqualRequests> {
  const find = createFindEqual(stage.deps(), heavyLimit(), room);
  const input = { job: stage.job, chunks: chunks.length, documents: chunks.flat().length };
  return environment().run(find, input);
}

/** Sends a chunk's one round, takes its results, and joins them. */
async function carry(stage: Stage, chunk: number): Promise<ChunkSummary> {
  const { job } = stage;
  const worker = stage.worker();
  const sent: Submission = await environment().run(worker.anthropicSubmit, { job, chunk, round: 0 });
  if (sent.kind !== 'bought') throw new Error(JSON.stringify(sent));
  const input = { job, chunk, round: 0, batch: sent.batch, retry: false };
  await environment().run(worker.anthropicRetrieve, input);
  return close(stage, chunk);
}

const close = (stage: Stage, chunk: number): Promise<ChunkSummary> =>
  environment().run(stage.worker().anthropicFinishChunk, {
    job: stage.job,
    chunk,
    canceled: false,
    unsent: { type: 'not_sent', message: 'It was never sent.' },
  });

const finishJob = (stage: Stage, chunks: Texts[]): Promise<JobSummary> =>
  environment().run(stage.worker().anthropicFinishJob, {
    job: stage.job,
    state: 'completed' as const,
    chunks: chunks.length,
    documents: chunks.flat().length,
  });

const results = (stage: Stage, chunk: number) =>
  stage.store
    .text(keys.results(stage.job, chunk))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe('equal requests', () => {
  const chunks: Texts[] = [
    ['a', 'b', null, 'a'],
    ['c', '[[sim:invalid_request_error]]', 'b', '[[sim:invalid_request_error]]', 'a'],
  ];

  test('are sent once, and every document has the answer, also across chunks', async () => {
    const stage = await planned(chunks);
    expect(await findEqual(stage, chunks)).toEqual({
      chunks: [
        [0, 1],
        [1, 3],
      ],
    });
    expect(await carry(stage, 0)).toMatchObject({ equal: 1, counts: { succeeded: 3, not_sent: 1 } });
    // Those whose answer is elsewhere are no failures meanwhile.
    expect(await carry(stage, 1)).toMatchObject({
      equal: 3,
      awaiting: 2,
      counts: { succeeded: 1, errored: 2 },
    });
    expect((await stage.simulator.books()).billed).toMatchObject({ requests: 3, repeated: 0 });

    expect(await finishJob(stage, chunks)).toMatchObject({
      documents: 9,
      succeeded: 6,
      failed: 3,
      equal: 4,
      counts: { succeeded: 6, errored: 2, not_sent: 1 },
    });
    const [first, second] = [results(stage, 0), results(stage, 1)];
    expect(first.map(({ id, status }) => [id, status])).toEqual([
      ['d-0', 'succeeded'],
      ['d-1', 'succeeded'],
      ['d-2', 'not_sent'],
      ['d-3', 'succeeded'],
    ]);
    expect(first[3]).toEqual({ ...first[0], id: 'd-3' });
    expect(second[2]).toEqual({ ...first[1], id: 'd-2' });
    expect(second[4]).toEqual({ ...first[0], id: 'd-4' });
    // A failure reaches all that wait for it.
    expect(second[3]).toEqual({ ...second[1], id: 'd-3' });
  });

  test('have the answer once more when the job is ended again', async () => {
    const stage = await planned(chunks);
    await findEqual(stage, chunks);
    await carry(stage, 0);
    await carry(stage, 1);
    const summary = await finishJob(stage, chunks);
    const before = results(stage, 1);
    expect(await finishJob(stage, chunks)).toEqual(summary);
    expect(results(stage, 1)).toEqual(before);
  });

  test('of a chunk that was never sent have its outcome', async () => {
    const stage = await planned(chunks);
    await findEqual(stage, chunks);
    await close(stage, 0);
    await carry(stage, 1);
    expect(await finishJob(stage, chunks)).toMatchObject({
      succeeded: 1,
      counts: { succeeded: 1, errored: 2, not_sent: 6 },
    });
    expect(results(stage, 1)[2]).toMatchObject({ id: 'd-2', error: { message: 'It was never sent.' } });
  });

  test('that were found stand, whatever is asked again', async () => {
    const stage = await planned(chunks);
    const found = await findEqual(stage, chunks);
    const before = new Map(stage.store.entries);
    expect(await findEqual(stage, chunks)).toEqual(found);
    stage.store.entries.delete(keys.equalRequests(stage.job));
    expect(await findEqual(stage, chunks)).toEqual(found);
    expect(new Map(stage.store.entries)).toEqual(before);
  });

  test('none are found in a job that an earlier release planned', async () => {
    const stage = await planned([['a', 'a']]);
    stage.store.entries.delete(keys.digests(stage.job, 0));
    expect(await findEqual(stage, [['a', 'a']])).toEqual({ chunks: [] });
    expect(await carry(stage, 0)).toMatchObject({ counts: { succeeded: 2 } });
  });

  test('of whatever set each different one is sent once, the first, in however many passes they are found', async () => {
    const text = fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { freq: 6 });
    const sets = fc.array(fc.array(text, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(sets, fc.integer({ min: 8, max: 40 }), async (chunks, room) => {
        const stage = await planned(chunks);
        const { chunks: found } = await findEqual(stage, chunks, room);
        const withEqual = new Map(found);
        const sent = chunks.flatMap((texts, chunk) => {
          const selection = withEqual.has(chunk)
            ? stage.store
                .text(keys.selection(stage.job, chunk, 0))
                .split('\n')
                .filter(Boolean)
                .map(Number)
            : [...texts.keys()].filter((ordinal) => texts[ordinal] !== null);
          return selection.map((ordinal) => texts[ordinal]);
        });
        const seen = new Set(chunks.flat().filter((one) => one !== null));
        expect(sent).toEqual([...seen]);
        for (const [chunk, count] of found) {
          const rows = stage.store.text(keys.equal(stage.job, chunk)).split('\n').filter(Boolean);
          expect(rows).toHaveLength(count);
          for (const row of rows) {
            const [ordinal, first, place] = row.split(' ').map(Number);
            expect(chunks[first!]![place!]).toBe(chunks[chunk]![ordinal!]);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});
