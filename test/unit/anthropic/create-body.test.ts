import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { bodyWithoutTail, measureBody, TAIL, withSmallEnd } from '../../../src/anthropic/create-body';
import { lines } from '../../../src/lines/split';
import fc from '../../support/fc';

const NONCE = '0123456789abcdef01234567';

async function* pieces(bytes: Buffer, size = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Requests as stored, opened again for each pass. */
const stored = (rows: string[], selection?: number[], size?: number) => ({
  lines: lines(pieces(Buffer.from(rows.map((row) => `${row}\n`).join('')), size)),
  selection: selection && new Set(selection),
});

async function bodyOf(rows: string[], selection?: number[], size?: number) {
  const streamed: Uint8Array[] = [];
  for await (const piece of bodyWithoutTail(stored(rows, selection, size), NONCE)) streamed.push(piece);
  const bytes = Buffer.concat([...streamed, TAIL]);
  const measured = await measureBody(stored(rows, selection, size), NONCE);
  return {
    bytes,
    measured,
    text: bytes.toString('utf8'),
    json: JSON.parse(bytes.toString('utf8')),
    streamed,
  };
}

const params = (text: string) =>
  JSON.stringify({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: text }] });

describe('the body of a create', () => {
  test('is valid for the API, and contains the stored bytes of each request', async () => {
    const rows = [params('a'), '{ "max_tokens" : 1,"n":12345678901234567890 }', params('c')];
    const { text, json, measured, bytes } = await bodyOf(rows);
    expect(json.requests.map((request: { custom_id: string }) => request.custom_id)).toEqual([
      `${NONCE}-0`,
      `${NONCE}-1`,
      `${NONCE}-2`,
    ]);
    expect(Object.keys(json)).toEqual(['requests']);
    expect(json.requests.every((request: object) => Object.keys(request).join() === 'custom_id,params')).toBe(
      true,
    );
    for (const row of rows) expect(text).toContain(`"params":${row}}`);
    expect(measured).toEqual({ size: bytes.length, count: 3 });
  });

  test('leaves out requests that cannot be sent, and keeps the ordinals of the others', async () => {
    const { json, measured } = await bodyOf(['null', params('b'), 'null', params('d'), 'null']);
    expect(json.requests.map((request: { custom_id: string }) => request.custom_id)).toEqual([
      `${NONCE}-1`,
      `${NONCE}-3`,
    ]);
    expect(measured.count).toBe(2);
  });

  test('of a later round contains only the selected requests, and never one that cannot be sent', async () => {
    const { json, measured } = await bodyOf([params('a'), 'null', params('c'), params('d')], [0, 1, 3, 9]);
    expect(json.requests.map((request: { custom_id: string }) => request.custom_id)).toEqual([
      `${NONCE}-0`,
      `${NONCE}-3`,
    ]);
    expect(measured.count).toBe(2);
  });

  test('without any request is empty', async () => {
    for (const rows of [[], ['null']]) {
      const { json, measured, bytes } = await bodyOf(rows);
      expect(json).toEqual({ requests: [] });
      expect(measured).toEqual({ size: bytes.length, count: 0 });
    }
  });

  test('ends with a tail without which it is not JSON', async () => {
    const { bytes } = await bodyOf([params('a')]);
    for (let cut = 1; cut <= TAIL.length; cut += 1) {
      expect(() => JSON.parse(bytes.subarray(0, -cut).toString('utf8'))).toThrow(SyntaxError);
    }
  });

  test('is streamed in pieces, not held whole', async () => {
    const { streamed, bytes, measured } = await bodyOf(
      Array.from({ length: 3_000 }, () => params('x'.repeat(100))),
    );
    expect(measured.size).toBe(bytes.length);
    expect(streamed.length).toBeGreaterThan(5);
    expect(Math.max(...streamed.map((piece) => piece.length))).toBeLessThan(100_000);
  });

  test('has the measured size and the same texts, for any texts and any pieces from the store', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('😀', '\u2028', '"\\', '\n', '\0', 'null'),
    );
    const row = fc.oneof(
      { weight: 5, arbitrary: text.map(params) },
      { weight: 1, arbitrary: fc.constant('null') },
    );
    const arbitrary = fc.record({
      rows: fc.array(row, { maxLength: 12 }),
      selection: fc.option(fc.uniqueArray(fc.nat(12)), { nil: undefined }),
      size: fc.integer({ min: 1, max: 200 }),
    });
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ rows, selection, size }) => {
        const { bytes, json, measured } = await bodyOf(rows, selection, size);
        const sent = rows.flatMap((params, ordinal) =>
          params === 'null' || (selection && !selection.includes(ordinal))
            ? []
            : [{ custom_id: `${NONCE}-${ordinal}`, params: JSON.parse(params) }],
        );
        expect(json.requests).toEqual(sent);
        expect(measured).toEqual({ size: bytes.length, count: sent.length });
      }),
      { numRuns: 150 },
    );
  });
});

test('the end of a body is sent in small pieces, and no byte changes', async () => {
  const arbitrary = fc.array(fc.integer({ min: 1, max: 200_000 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(arbitrary, async (sizes) => {
      const whole = sizes.map((size, index) => Buffer.alloc(size, index + 1));
      const cut: Uint8Array[] = [];
      for await (const piece of withSmallEnd(Readable.from(whole))) cut.push(piece);
      expect(Buffer.concat(cut).equals(Buffer.concat(whole))).toBe(true);
      expect(cut.at(-1)?.length ?? 0).toBeLessThanOrEqual(4_096);
      const end = cut.slice(-Math.floor(Math.min(sizes.at(-1) ?? 0, 65_536) / 4_096));
      if (sizes.length > 0 && end.length < cut.length) {
        for (const piece of end) expect(piece.length).toBeLessThanOrEqual(4_096);
      }
    }),
    { numRuns: 60 },
  );
});
