import { describe, expect, it } from 'vitest';
import {
  attemptOf,
  downloadNumber,
  endsRound,
  holdsRequests,
  keys,
  roundOf,
} from '../../../src/records/keys';

/** A job whose name resembles the keys below it. */
const job = { id: 'chunks/000001/requests.jsonl', instance: 'rounds/00/results.jsonl', store: '' };

const others = [
  keys.store,
  keys.spec(job),
  keys.summary(job),
  keys.documents(job, 3),
  keys.digests(job, 3),
  keys.selection(job, 3, 1),
  keys.results(job, 3),
  keys.orphan(job, 'msgbatch_1'),
  keys.batch('msgbatch_1'),
];
const requests = keys.requests(job, 3);
const entry = keys.attempt(job, 3, 1, 104, 'decision');
const of = { job, chunk: 3, round: 1 };
const orphan = { ...of, orphan: 'msgbatch_1' };
const ends = [
  keys.judged(of),
  keys.lost(job, 3, 1),
  keys.download(of, 12),
  keys.judged(orphan),
  keys.download(orphan, 0),
];

describe('a key', () => {
  it('of the ledger names its attempt, and no other key does', () => {
    expect(attemptOf(entry)).toEqual({ chunk: 3, attempt: 104 });
    expect([...others, ...ends, requests].filter(attemptOf)).toEqual([]);
  });

  it('of requests is distinguished from all others', () => {
    expect([...others, ...ends, entry, requests].filter(holdsRequests)).toEqual([requests]);
  });

  it('that ends a round is distinguished from all others', () => {
    expect([...others, ...ends, entry, requests].filter(endsRound)).toEqual(ends);
  });

  it('of a download names its number, and no other key does', () => {
    expect(ends.map(downloadNumber)).toEqual([undefined, undefined, 12, undefined, 0]);
    expect(
      [...others, entry, requests, keys.unusable(of), keys.downloadNotes(of)].filter(downloadNumber),
    ).toEqual([]);
  });

  it('of a round names the round and whether its results are stored or lost, and no other key does', () => {
    const [results, lost, ...downloads] = ends;
    expect([results, lost].map((key) => roundOf(key!))).toEqual(
      Array(2).fill({ chunk: 3, round: 1, home: true }),
    );
    expect([...downloads, entry].map((key) => roundOf(key!))).toEqual(
      Array(4).fill({ chunk: 3, round: 1, home: false }),
    );
    expect([requests, ...others].filter(roundOf)).toEqual([keys.selection(job, 3, 1)]);
  });
});
