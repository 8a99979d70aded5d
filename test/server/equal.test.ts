import { expect, test } from 'vitest';
import { collect } from '../support/job-checks';
import { documents, workingWorld } from '../support/job-world';

test.concurrent('equal requests of a job are bought once across all chunks, and each of their documents has the answer', async () => {
  const world = await workingWorld();
  const input = { documents: documents(14, (index) => `text ${index % 3}`) };
  const job = await world.start({ input, chunkSize: 5 });
  const summary = await job.result();
  expect(summary).toMatchObject({
    documents: 14,
    succeeded: 14,
    failed: 0,
    equal: 11,
    chunks: 3,
    batches: 1,
  });
  expect((await world.simulator.books()).billed).toMatchObject({ requests: 3, repeated: 0 });
  const results = await collect(job.results());
  expect(results.map(({ id }) => id)).toEqual(input.documents.map(({ id }) => id));
  for (const [index, result] of results.entries())
    expect(result).toEqual({ ...results[index % 3], id: result.id });
});

test.concurrent('a job without deduplication sends each equal request', async () => {
  const world = await workingWorld();
  const input = { documents: documents(4, () => 'the same') };
  const job = await world.start({ input, chunkSize: 3, deduplicate: false });
  expect(await job.result()).toMatchObject({ succeeded: 4, batches: 2 });
  expect((await world.simulator.books()).billed).toMatchObject({ requests: 4, repeated: 3 });
});

test.concurrent('a nightly job that reuses answers pays only for new requests', async () => {
  const world = await workingWorld();
  const nightly = (id: string, count: number) =>
    world.start({ id, input: { documents: documents(count) }, chunkSize: 5, reuse: '7d' });
  const first = await nightly('monday', 8);
  expect(await first.result()).toMatchObject({ succeeded: 8, batches: 2 });
  const second = await nightly('tuesday', 11);
  expect(await second.result()).toMatchObject({ documents: 11, succeeded: 11, reused: 8, batches: 2 });
  expect((await world.simulator.books()).billed).toMatchObject({ requests: 11, repeated: 0 });
  const before = await collect(first.results());
  expect((await collect(second.results())).slice(0, 8)).toEqual(before);
});
