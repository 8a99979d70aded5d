import { Client, Connection } from '@temporalio/client';
import { afterAll, describe, expect, it } from 'vitest';
import { BatchClient } from '../../../src/client/batch-client';
import { unknownCost } from '../../../src/cost/cost';
import { noCounts } from '../../../src/job/outcome';
import { storeId } from '../../../src/records/identity';
import { keys } from '../../../src/records/keys';
import { putDocuments } from '../../support/chunks';
import { MemoryStore } from '../../support/memory-store';

/** No server listens there. Without the SDK's retries, calls fail at once. */
const connection = Connection.lazy({ address: '127.0.0.1:9', interceptors: [] });
afterAll(() => connection.close());

const JOB = { id: 'job', instance: 'i' };

async function world() {
  const store = new MemoryStore();
  const warnings: string[] = [];
  const batches = new BatchClient(new Client({ connection }), {
    store,
    onWarning: (message) => warnings.push(message),
  });
  await store.put(keys.spec(JOB), JSON.stringify({ id: 'job', source: { kind: 'input', format: 'jsonl' } }));
  for (const chunk of [0, 1]) {
    const documents = ['a', 'b'].map((id, line) => ({ id: `${id}${chunk}`, line: line + 1 }));
    await putDocuments(store, JOB, chunk, documents);
  }
  const counts = { ...noCounts(), succeeded: 1, errored: 1 };
  const summary = {
    chunk: 0,
    results: keys.results(JOB, 0),
    counts,
    batches: ['b'],
    rounds: 2,
    cost: unknownCost(1),
  };
  await store.put(keys.chunkSummary(JOB, 0), JSON.stringify(summary));
  const results = ['{"id":"a0","status":"succeeded"}', '{"id":"b0","status":"errored"}'];
  await store.put(keys.results(JOB, 0), `${results.join('\n')}\n`);
  return { store, batches, warnings };
}

describe('a job, when no Temporal server answers', () => {
  it('is reported from the store, with one warning', async () => {
    const { batches, warnings } = await world();
    const job = await batches.get('job');
    const ids: string[] = [];
    for await (const { id } of job.results()) ids.push(id);
    expect(ids).toEqual(['a0', 'b0']);
    expect(await job.summary()).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringMatching(
        /server does not answer \(.+\)\. Reading the job "job" from the store memory only\./,
      ),
    ]);
  });

  it('has the progress of its chunks’ summaries or of its own', async () => {
    const { store, batches } = await world();
    const job = await batches.get('job');
    expect(await job.progress()).toMatchObject({
      state: 'running',
      documents: 4,
      done: 2,
      succeeded: 1,
      failed: 1,
      chunks: { planned: 2, running: 0, done: 1 },
      batches: 1,
      rounds: 2,
    });
    const ref = { ...JOB, store: await storeId(store) };
    const summary = { job: ref, state: 'completed', documents: 4, succeeded: 3, failed: 1, chunks: 2 };
    await store.put(keys.summary(JOB), JSON.stringify(summary));
    expect(await job.progress()).toMatchObject({ state: 'completed', done: 4, succeeded: 3 });
  });

  it('is an error if it is not in the store', async () => {
    const { batches } = await world();
    await expect((await batches.get('another')).summary()).rejects.toThrow();
  });
});
