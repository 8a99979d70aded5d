import { describe, expect, it } from 'vitest';
import { findStoredJob } from '../../../src/client/find-stored-job';
import { newInstance } from '../../../src/client/instance';
import { resultLines } from '../../../src/client/read/stored-results';
import { keys } from '../../../src/records/keys';
import { removeJob } from '../../../src/records/removal';
import { KeyNotFoundError } from '../../../src/store/store';
import { putResults } from '../../support/chunks';
import { MemoryStore } from '../../support/memory-store';

async function storeWith(...jobs: { id: string; instance: string; specId?: string }[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  const source = { kind: 'input' };
  for (const job of jobs) {
    await store.put(keys.spec(job), JSON.stringify({ id: job.specId ?? job.id, source }));
  }
  return store;
}

describe('a new instance', () => {
  it('is readable and sorts by time', () => {
    expect(newInstance(new Date('2026-11-22T17:31:12.345Z'))).toMatch(/^20261122-173112-[a-z0-9]{6}$/);
    expect(newInstance()).not.toBe(newInstance());
  });
});

describe('a job that Temporal has forgotten', () => {
  it('is found by its id, the newest instance first', async () => {
    const store = await storeWith(
      { id: 'My job/1', instance: '20261122-173112-aaaaaa' },
      { id: 'My job/1', instance: '20261123-173112-aaaaaa' },
      { id: 'other', instance: '20271123-173112-aaaaaa' },
    );
    expect(await findStoredJob(store, 'My job/1')).toMatchObject({
      id: 'My job/1',
      instance: '20261123-173112-aaaaaa',
      store: expect.any(String),
    });
  });

  it('is distinguished from a job whose folder has the same name', async () => {
    const store = await storeWith({ id: 'job', instance: 'a', specId: 'another' });
    expect(await findStoredJob(store, 'job')).toBeUndefined();
  });

  it('may have an instance that is a run id or has capitals', async () => {
    const store = await storeWith({ id: 'job', instance: '01a20480-d1b5-7376-abb3-70c3c514b063' });
    expect((await findStoredJob(store, 'job'))?.instance).toBe('01a20480-d1b5-7376-abb3-70c3c514b063');
    const capitals = await storeWith({ id: 'job', instance: 'RUN 1' });
    expect((await findStoredJob(capitals, 'job'))?.instance).toBe('RUN 1');
  });

  it('is removed with all its files and no others', async () => {
    const ours = { id: 'job', instance: 'a' };
    const store = await storeWith(ours, { id: 'job', instance: 'b' });
    await store.put(keys.input(ours, 'jsonl'), '{}');
    await removeJob(store, { ...ours, store: '' });
    expect([...store.entries.keys()]).toEqual([keys.spec({ id: 'job', instance: 'b' })]);
  });
});

describe('the removal of a job', () => {
  /** Fails after a number of deletes. */
  class Interrupted extends MemoryStore {
    left = Number.POSITIVE_INFINITY;
    override async delete(key: string): Promise<void> {
      if (this.left-- === 0) throw new Error('interrupted');
      await super.delete(key);
    }
  }

  const job = { id: 'job', instance: 'a', store: '' };
  const requests = [0, 1].map((chunk) => keys.requests(job, chunk));
  const intents = [0, 1].map((chunk) => keys.attempt(job, chunk, 0, 0, 'intent'));
  const decisions = [0, 1].map((chunk) => keys.attempt(job, chunk, 0, 0, 'decision'));
  const ledger = [...intents, ...decisions];
  const all = [
    ...requests,
    ...ledger,
    ...[keys.input(job, 'jsonl'), keys.results(job, 0), keys.summary(job), keys.spec(job)],
  ];

  it('may stop anywhere: nothing can be sent without its ledger, and it can be retried', async () => {
    for (let left = 0; left < all.length; left += 1) {
      const store = new Interrupted();
      for (const key of all) await store.put(key, JSON.stringify({ id: 'job', source: { kind: 'input' } }));
      store.left = left;
      await expect(removeJob(store, job)).rejects.toThrow('interrupted');
      const there = (key: string) => store.entries.has(key);
      if (requests.some(there)) expect(ledger.every(there)).toBe(true);
      if (intents.some(there)) expect(decisions.every(there)).toBe(true);
      if (all.some((key) => key !== keys.spec(job) && there(key)))
        expect(there(keys.summary(job))).toBe(true);
      expect((await findStoredJob(store, 'job'))?.instance).toBe('a');

      store.left = Number.POSITIVE_INFINITY;
      expect((await removeJob(store, job)).files).toBe(all.length - left);
      expect([...store.entries.keys()]).toEqual([keys.store]);
    }
  });
});

describe('the lines of results', () => {
  const job = { id: 'job', instance: 'a', store: '' };
  const line = (id: string, status: string) => JSON.stringify({ id, status, class: status });

  async function read(failed = false): Promise<string[]> {
    const store = new MemoryStore(7);
    await putResults(store, job, 1, `${line('c', 'errored')}\n`);
    await putResults(store, job, 0, `${line('a', 'succeeded')}\n${line('b', 'expired')}\n`);
    const ids: string[] = [];
    for await (const bytes of resultLines(store, job, { failed })) ids.push(JSON.parse(bytes.toString()).id);
    return ids;
  }

  it('come chunk after chunk, in input order', async () => {
    expect(await read()).toEqual(['a', 'b', 'c']);
  });

  it('can be limited to documents without an answer', async () => {
    expect(await read(true)).toEqual(['b', 'c']);
  });

  it('are never left out silently: removed results of a chunk that has ended are an error', async () => {
    const store = new MemoryStore();
    await putResults(store, job, 0, `${line('a', 'succeeded')}\n`);
    await store.delete(keys.results(job, 0));
    await expect(resultLines(store, job).next()).rejects.toThrow(KeyNotFoundError);
  });

  it('are empty if nothing has ended', async () => {
    const lines: Buffer[] = [];
    for await (const bytes of resultLines(new MemoryStore(), job)) lines.push(bytes);
    expect(lines).toEqual([]);
  });
});
