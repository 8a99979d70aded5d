import { expect, test } from 'vitest';
import { JudgedRows } from '../../../src/anthropic/judged-rows';
import { SentRows } from '../../../src/anthropic/owed-rows';
import { customId } from '../../../src/job/protocol/custom-id';
import fc from '../../support/fc';

const NONCE = '0123456789abcdef01234567';
const SENT = [0, 2, 3, 17];

const lines = SENT.map((ordinal, index) => {
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'é😀' } };
  const message = {
    type: 'message',
    content: [{ type: 'text', text: '😀\u2028}}' }],
    stop_reason: 'end_turn',
  };
  const result = index === 1 ? { type: 'errored', error } : { type: 'succeeded', message };
  return JSON.stringify({ custom_id: customId(NONCE, ordinal), result });
});

/** Reads bytes that arrive in pieces of a size. */
async function judged(bytes: Buffer, size: number) {
  const rows = new JudgedRows(new SentRows(NONCE, SENT));
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield Uint8Array.from(bytes.subarray(at, at + size));
  }
  const out: Buffer[] = [];
  for await (const piece of rows.through(pieces())) out.push(Buffer.from(piece));
  return { rows, out: Buffer.concat(out) };
}

const pieceSize = fc.integer({ min: 1, max: 200 });

test('any bytes are passed on unchanged, and contain no row of a sent request', async () => {
  const bytes = fc.uint8Array({ maxLength: 400 }).map((all) => Buffer.from(all));
  await fc.assert(
    fc.asyncProperty(bytes, pieceSize, async (bytes, size) => {
      const { rows, out } = await judged(bytes, size);
      expect(out.equals(bytes)).toBe(true);
      expect(rows.lost()).toEqual(SENT);
    }),
    { numRuns: 300 },
  );
});

test('results that are changed anywhere keep every unchanged row', async () => {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
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
  let spared = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), pieceSize, async (changes, size) => {
      const changed = changes.reduce(changedBy, bytes);
      const { rows, out } = await judged(changed, size);
      expect(out.equals(changed)).toBe(true);
      const left = new Set(changed.toString('utf8').split('\n'));
      const whole = SENT.filter((_, index) => left.has(lines[index]!));
      spared += whole.length;
      const lost = rows.lost();
      expect(whole.filter((ordinal) => lost.includes(ordinal))).toEqual([]);
    }),
    { numRuns: 800 },
  );
  // Otherwise the test would have proved nothing.
  expect(spared).toBeGreaterThan(800);
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
