import { expect, test } from 'vitest';
import { JobInFlightError } from '../../../src/client/errors';
import { assertNothingInFlight } from '../../../src/client/start/again';
import { inFlightText, inFlightUnder } from '../../../src/records/in-flight';
import { keys } from '../../../src/records/keys';
import { RoundLedger } from '../../../src/records/ledger';
import { announceSuccessor, hasSuccessor } from '../../../src/records/successors';
import { MemoryStore } from '../../support/memory-store';

type Outcome = 'created' | 'collected' | 'lost' | 'unknown' | 'refused' | 'overtaken';

/** A store with a job whose chunks have these outcomes of their first rounds. */
async function storeWith(...outcomes: Outcome[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  const job = { id: 'a', instance: 'first', store: 's' };
  await store.put(keys.spec(job), JSON.stringify({ id: 'a', source: { kind: 'input', format: 'jsonl' } }));
  for (const [chunk, outcome] of outcomes.entries()) {
    const ledger = new RoundLedger(store, { job, chunk, round: 0 });
    const nonce = String(chunk).padStart(24, '0');
    await ledger.intend(0, { nonce, count: 1, apiTime: new Date(0).toISOString(), fingerprint: 'f' });
    await ledger.decide(0, outcome === 'overtaken' ? 'overtaken' : 'commit');
    if (outcome === 'refused') await ledger.close(0, { outcome: 'not-created', reason: 'no' });
    if (['created', 'collected', 'lost'].includes(outcome)) {
      const createdAt = new Date(0).toISOString();
      await ledger.close(0, { outcome: 'created', batch: `msgbatch_${chunk}`, createdAt });
    }
    if (outcome === 'collected') await store.put(keys.judged({ job, chunk, round: 0 }), '{}');
    if (outcome === 'lost') await store.put(keys.lost(job, chunk, 0), '{}');
  }
  return store;
}

test('a round that is or may be bought is in flight until its results are stored', async () => {
  const store = await storeWith('created', 'collected', 'lost', 'unknown', 'refused', 'overtaken');
  expect(await inFlightUnder(store, 'a')).toEqual([
    { instance: 'first', chunk: 0, round: 0, batch: 'msgbatch_0' },
    { instance: 'first', chunk: 3, round: 0 },
  ]);
  expect(await inFlightUnder(store, 'b')).toEqual([]);
});

test('a start is announced to earlier jobs with its id before their rounds are read, in one walk', async () => {
  const store = await storeWith('created', 'collected');
  const before = { id: 'a', instance: 'first', store: 's' };
  const job = { ...before, instance: 'second' };
  await store.put(keys.spec(job), store.text(keys.spec(before)));
  expect(await announceSuccessor(store, job)).toEqual([
    { instance: 'first', chunk: 0, round: 0, batch: 'msgbatch_0' },
  ]);
  expect(await hasSuccessor(store, before)).toBe(true);
  expect(await hasSuccessor(store, job)).toBe(false);
});

test('a start is refused and names the batch; with `again` it warns', async () => {
  const warnings: string[] = [];
  const context = { warn: (message: string) => warnings.push(message) } as never;
  const inFlight = await inFlightUnder(await storeWith('created', 'unknown'), 'a');
  const refused = () => assertNothingInFlight(context, { id: 'a', of: 'a' }, inFlight);
  expect(refused).toThrow(JobInFlightError);
  expect(refused).toThrow(/msgbatch_0, round 1 of chunk 1 .*reconcile --job a.*--again/);
  expect(warnings).toEqual([]);
  assertNothingInFlight(context, { id: 'a', of: 'a', again: true }, inFlight);
  expect(warnings).toEqual([expect.stringMatching(/msgbatch_0.*You pay for its documents again/)]);
  assertNothingInFlight(context, { id: 'a', of: 'a' }, []);
});

test('at most five are named', () => {
  const batches = Array.from({ length: 8 }, (_, chunk) => ({
    instance: 'i',
    chunk,
    round: 0,
    batch: `b${chunk}`,
  }));
  expect(inFlightText(batches)).toBe('b0, b1, b2, b3, b4 and 3 more');
});
