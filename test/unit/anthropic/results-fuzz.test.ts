import { expect, test } from 'vitest';
import type { Batch } from '../../../src/anthropic/api';
import { ResultsCheck } from '../../../src/anthropic/results-check';
import { ResultsCut, ResultsInvalid } from '../../../src/anthropic/results-errors';
import { SentRows } from '../../../src/anthropic/sent-rows';
import { customId } from '../../../src/job/custom-id';
import fc from '../../support/fc';

const NONCE = '0123456789abcdef01234567';
const SENT = [0, 2, 3, 17];

const batch: Batch = {
  id: 'msgbatch_1',
  status: 'ended',
  createdAt: new Date(0),
  size: SENT.length,
  counts: { processing: 0, succeeded: SENT.length, errored: 0, canceled: 0, expired: 0 },
  resultsUrl: 'http://127.0.0.1/',
  archivedAt: null,
};

const whole = SENT.map((ordinal, index) => {
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'é😀' } };
  const message = { content: [{ type: 'text', text: '😀\u2028}}' }], stop_reason: 'end_turn' };
  const result = index === 1 ? { type: 'errored', error } : { type: 'succeeded', message };
  return `${JSON.stringify({ custom_id: customId(NONCE, ordinal), result })}\n`;
}).join('');

/** What becomes of bytes that come in pieces of a size: what was passed on, or the error. */
async function taken(bytes: Buffer, size: number): Promise<Buffer | Error> {
  const check = new ResultsCheck(batch, new SentRows(batch.id, NONCE, SENT));
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield Uint8Array.from(bytes.subarray(at, at + size));
  }
  const out: Buffer[] = [];
  try {
    for await (const piece of check.through(pieces())) out.push(Buffer.from(piece));
    return Buffer.concat(out);
  } catch (error) {
    return error as Error;
  }
}

const pieceSize = fc.integer({ min: 1, max: 200 });

test('any bytes are passed on as they are or refused with an error of the results', async () => {
  const bytes = fc.uint8Array({ maxLength: 400 }).map((all) => Buffer.from(all));
  await fc.assert(
    fc.asyncProperty(bytes, pieceSize, async (bytes, size) => {
      const end = await taken(bytes, size);
      // So few bytes never hold what was sent.
      expect(end instanceof ResultsCut || end instanceof ResultsInvalid, String(end)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('results that were changed anywhere pass only with a row for each request that was sent, and no other', async () => {
  const bytes = Buffer.from(whole);
  const place = fc.integer({ min: 0, max: bytes.length - 1 });
  const change = fc.oneof(
    fc.record({ kind: fc.constant('flip'), at: place, to: fc.integer({ min: 0, max: 255 }) }),
    fc.record({ kind: fc.constant('remove'), at: place, to: place }),
    fc.record({ kind: fc.constant('repeat'), at: place, to: place }),
    fc.record({
      kind: fc.constant('insert'),
      at: place,
      to: fc.constantFrom(0x0a, 0x0d, 0x00, 0x22, 0x7b, 0x30),
    }),
  );
  const asSent = [...SENT].map((ordinal) => customId(NONCE, ordinal)).sort();
  let passed = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), pieceSize, async (changes, size) => {
      const changed = changes.reduce(changedBy, bytes);
      const end = await taken(changed, size);
      if (end instanceof Error) {
        expect(end instanceof ResultsCut || end instanceof ResultsInvalid, String(end)).toBe(true);
        return;
      }
      passed += 1;
      expect(end.equals(changed)).toBe(true);
      const rows = end
        .toString('latin1')
        .split('\n')
        .filter((line) => line.trim() !== '');
      expect(rows.map((row) => /"custom_id"\s*:\s*"([^"]*)"/.exec(row)?.[1]).sort()).toEqual(asSent);
    }),
    { numRuns: 1_500 },
  );
  // Otherwise it would have shown nothing of what passes.
  expect(passed).toBeGreaterThan(10);
});

function changedBy(bytes: Buffer, { kind, at, to }: { kind: string; at: number; to: number }): Buffer {
  const [from, end] = at < to ? [at, to] : [to, at];
  switch (kind) {
    case 'flip':
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([to]), bytes.subarray(at + 1)]);
    case 'remove':
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(end)]);
    case 'repeat':
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(from)]);
    default:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([to]), bytes.subarray(at)]);
  }
}
