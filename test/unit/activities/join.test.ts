import { expect, test } from 'vitest';
import fc from '../../support/fc';
import { MemoryStore } from '../../support/memory-store';
import { type End, Rounds } from './rounds';

const TRANSIENT: End[] = ['overloaded_error', 'api_error', 'expired', 'canceled'];
const FINAL: End[] = ['answer', 'max_tokens', 'refusal', 'invalid_request_error', 'permission_error'];
const STATUS: Partial<Record<End, string>> = {
  answer: 'succeeded',
  max_tokens: 'succeeded',
  refusal: 'succeeded',
  expired: 'expired',
  canceled: 'canceled',
};

const end = fc.constantFrom(...TRANSIENT, ...FINAL);
/** The result of a document in each round; `null` if it has no request that can be sent. */
const document = fc.option(fc.array(end, { minLength: 4, maxLength: 4 }), { freq: 8 });
const chunks = fc.record({
  documents: fc.array(document, { minLength: 1, maxLength: 9 }),
  rounds: fc.integer({ min: 1, max: 4 }),
  /** Sort keys that put each round's rows into any order. */
  keys: fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 9, maxLength: 9 }),
  pieceSize: fc.integer({ min: 1, max: 300 }),
});

test('for any rounds, every document has its last outcome, in input order, and an answered request is never resent', async () => {
  await fc.assert(
    fc.asyncProperty(chunks, async ({ documents, rounds, keys, pieceSize }) => {
      const chunk = await Rounds.of(
        new MemoryStore(pieceSize),
        documents.map((ends) => ends !== null),
      );
      /** The rounds that sent each document, and their results. */
      const came: End[][] = documents.map(() => []);
      let outstanding = documents.flatMap((ends, ordinal) => (ends ? [ordinal] : []));
      let begun = 0;
      for (; begun < rounds && outstanding.length > 0; begun += 1) {
        for (const ordinal of outstanding) came[ordinal]!.push(documents[ordinal]![begun]!);
        const rows = outstanding
          .map((ordinal): [number, End] => [ordinal, documents[ordinal]![begun]!])
          .sort(([a], [b]) => ((keys[a]! * (begun + 7)) % 11) - ((keys[b]! * (begun + 7)) % 11));
        const batch = await chunk.bought(begun, rows);
        const retry = begun + 1 < rounds;
        const { outstanding: left } = await chunk.retrieve(begun, batch, retry);
        const again = outstanding.filter((ordinal) => TRANSIENT.includes(came[ordinal]!.at(-1)!));
        expect(left).toBe(retry ? again.length : 0);
        outstanding = left > 0 ? await chunk.selection(begun + 1) : [];
        if (left > 0) expect(outstanding).toEqual(again);
      }

      const summary = await chunk.finish();
      const lines = await chunk.lines();
      expect(lines.map(({ id }) => id)).toEqual(documents.map((_, ordinal) => `d-${ordinal}`));
      for (const [ordinal, line] of lines.entries()) {
        const last = came[ordinal]!.at(-1);
        expect(line.attempts).toBe(came[ordinal]!.length);
        expect(line.status).toBe(last === undefined ? 'not_sent' : (STATUS[last] ?? 'errored'));
        if (last === undefined) continue;
        const round = came[ordinal]!.length - 1;
        expect(line.batch_id).toBe(`msgbatch_${round}`);
        if (line.message) expect(line.message.content[0].text).toBe(`in round ${round}`);
        // The outcome stands if it is not to be resent.
        const settled = came[ordinal]!.findIndex((one) => FINAL.includes(one));
        if (settled >= 0) expect(settled).toBe(round);
      }
      expect(Object.values(summary.counts).reduce((sum, count) => sum + count)).toBe(documents.length);
      expect(summary.rounds).toBe(begun);
    }),
    { numRuns: 60 },
  );
}, 60_000);
