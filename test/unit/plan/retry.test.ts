import { describe, expect, it } from 'vitest';
import { keys } from '../../../src/records/keys';
import { putResults } from '../../support/chunks';
import { jsonl, Planning } from './planning';

const STATUSES = ['succeeded', 'errored', 'expired', 'not_sent', 'canceled'];

/** An ended job of 50 documents in chunks of 5, each with one document of each status. */
async function ended() {
  const documents = Array.from({ length: 50 }, (_, i) => ({
    id: `d${i}`,
    text: i % 5 === 3 ? 'x'.repeat(2_000) : `t${i}`,
  }));
  const earlier = await Planning.of(jsonl(documents), {
    id: 'first',
    spec: { chunkSize: 5, chunkBytes: 1_500 },
  });
  await earlier.all();
  for (let chunk = 0; chunk < 10; chunk++) {
    const results = earlier.documents(chunk).map(({ id }, ordinal) => ({ id, status: STATUSES[ordinal] }));
    await putResults(earlier.store, earlier.job, chunk, jsonl(results));
  }
  return earlier;
}

function retry(earlier: Planning, spec = {}, chunks = 10) {
  const source = { kind: 'retry', of: earlier.job, chunks } as const;
  return Planning.of('', { id: 'again', source, spec }, earlier.store);
}

describe('the plan of a retry', () => {
  it('contains unsuccessful documents that can be sent, with unchanged request bytes and ids', async () => {
    const earlier = await ended();
    const again = await retry(earlier, { chunkSize: 7 });
    const chunks = (await again.all()).flatMap((page) => page.chunks);
    expect(chunks).toEqual([7, 7, 7, 7, 2].map((documents) => ({ documents, requests: documents })));

    const lines = (planning: Planning, count: number) =>
      Array.from({ length: count }, (_, chunk) =>
        planning.store.text(keys.requests(planning.job, chunk)).split('\n').slice(0, -1),
      ).flat();
    const kept = Array.from({ length: 50 }, (_, i) => i).filter((i) => ![0, 3].includes(i % 5));
    expect(lines(again, 5)).toEqual(kept.map((i) => lines(earlier, 10)[i]));
    const documents = chunks.flatMap((_, chunk) => again.documents(chunk));
    expect(documents).toEqual(kept.map((i) => ({ id: `d${i}`, line: i + 1 })));
  });

  it('resumes in the middle of an earlier chunk', async () => {
    const again = await retry(await ended(), { chunkSize: 1 });
    const pages = await again.all();
    expect(pages.map(({ chunks }) => chunks.length)).toEqual([20, 10]);
    const ids = pages.flatMap((page) => page.chunks).map((_, chunk) => again.documents(chunk)[0].id);
    expect(new Set(ids).size).toBe(30);
  });

  it('is empty when all succeeded', async () => {
    const earlier = await ended();
    for (let chunk = 0; chunk < 10; chunk++) {
      const results = earlier.documents(chunk).map(({ id }) => ({ id, status: 'succeeded' }));
      await putResults(earlier.store, earlier.job, chunk, jsonl(results));
    }
    expect(await (await retry(earlier)).all()).toEqual([{ chunks: [] }]);
  });

  it('is refused while a chunk has no results, because they may be bought', async () => {
    const earlier = await ended();
    await earlier.store.delete(keys.chunkSummary(earlier.job, 4));
    await expect((await retry(earlier)).all()).rejects.toMatchObject({
      type: 'anthropic.EarlierJobInvalid',
      message: expect.stringContaining('Chunk 4 of the job "first" has no results'),
    });
  });

  it.each([
    ['fewer results than documents', jsonl([{ id: 'd0', status: 'succeeded' }])],
    ['results of other documents', jsonl(STATUSES.map((status) => ({ id: 'x', status })))],
  ])('is refused for %s', async (_, results) => {
    const earlier = await ended();
    await putResults(earlier.store, earlier.job, 0, results);
    await expect((await retry(earlier)).all()).rejects.toMatchObject({ type: 'anthropic.EarlierJobInvalid' });
  });
});
