import { describe, expect, test } from 'vitest';
import { JudgedRows } from '../../../src/anthropic/judged-rows';
import { ForeignRows, SentRows } from '../../../src/anthropic/owed-rows';
import fc from '../../support/fc';

const NONCE = '0123456789abcdef01234567';
/** The sent request. */
const SENT = [0, 1, 2, 3, 5, 7, 9];

const id = (ordinal: number, nonce = NONCE) => `${nonce}-${ordinal}`;
const row = (ordinal: number, result: unknown, customId = id(ordinal)) =>
  JSON.stringify({ custom_id: customId, result });
const success = (ordinal: number, text = 'é😀\u2028', customId = id(ordinal)) => {
  const message = { type: 'message', content: [{ type: 'text', text }], stop_reason: 'end_turn' };
  return row(ordinal, { type: 'succeeded', message }, customId);
};
const error = (ordinal: number, type: string) =>
  row(ordinal, { type: 'errored', error: { type: 'error', error: { type, message: 'm' } } });
const ended = (ordinal: number, type: string) => row(ordinal, { type });
const file = (...rows: string[]) => rows.map((line) => `${line}\n`).join('');

async function* cutAt(bytes: Buffer, cuts: number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    // As sockets do, the memory of a piece is reused for a later piece.
    yield Uint8Array.from(bytes.subarray(from, cut));
    from = cut;
  }
}

/** Judges downloads of a batch that sent the first `size` of these ordinals. */
async function judged(downloads: (Buffer | string)[], size: number, cuts: number[] = []) {
  const rows = new JudgedRows(new SentRows(NONCE, SENT.slice(0, size)));
  const out: Uint8Array[] = [];
  for (const bytes of downloads) {
    rows.next();
    for await (const piece of rows.through(cutAt(Buffer.from(bytes), cuts))) out.push(Uint8Array.from(piece));
  }
  return { rows, out: Buffer.concat(out) };
}

const countsOf = (rows: JudgedRows) => rows.odd().counts;

describe('complete results', () => {
  const lines = [
    success(3),
    error(0, 'overloaded_error'),
    error(2, 'invalid_request_error'),
    ended(7, 'expired'),
    ended(5, 'canceled'),
    success(1),
  ];

  test('pass unchanged; only requests that may be resent are selected, in order', async () => {
    const { rows, out } = await judged([file(...lines)], 6);
    expect(out.toString()).toBe(file(...lines));
    expect([rows.rows, rows.succeeded, rows.missing(), rows.lost()]).toEqual([6, 2, [], []]);
    expect(rows.transient()).toEqual([0, 5, 7]);
    expect(countsOf(rows)).toEqual({});
  });

  test('distinguish unpaid requests from other transient failures', async () => {
    const { rows } = await judged([file(...lines, error(9, 'billing_error'))], 7);
    expect(rows.transient()).toEqual([0, 5, 7, 9]);
    expect(rows.unpaid()).toEqual([9]);
  });

  test.each<[string, string]>([
    ['without a last newline', lines.join('\n')],
    ['with blank lines', `\n${lines.join('\n\n')}\n\n\n`],
    ['with returns before the newlines', `${lines.join('\r\n')}\r\n`],
    ['with a byte order mark', `\uFEFF${file(...lines)}`],
    ['of one row with a byte order mark and no newline', `\uFEFF${success(0)}`],
  ])('%s', async (_, text) => {
    const size = text.split('\n').filter((line) => line.trim() !== '').length;
    const { rows, out } = await judged([text], size);
    expect(out.toString()).toBe(text);
    expect([rows.rows, rows.missing()]).toEqual([size, []]);
    expect(countsOf(rows)).toEqual({});
  });

  test('with any division into pieces have the same bytes and counts', async () => {
    const bytes = Buffer.from(`\uFEFF${file(...lines)}`);
    const cuts = fc.uniqueArray(fc.integer({ min: 0, max: bytes.length }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        const { rows, out } = await judged(
          [bytes],
          6,
          at.sort((a, b) => a - b),
        );
        expect(out.equals(bytes)).toBe(true);
        expect([rows.rows, rows.succeeded, rows.transient()]).toEqual([6, 2, [0, 5, 7]]);
      }),
      { numRuns: 150 },
    );
  });

  test('may have a line of 40 MB in many pieces, in linear time', async () => {
    const bytes = Buffer.from(file(success(0, 'x'.repeat(40_000_000)), success(1)));
    const cuts = Array.from({ length: Math.floor(bytes.length / 65_536) }, (_, n) => (n + 1) * 65_536);
    const started = performance.now();
    const { rows, out } = await judged([bytes], 2, cuts);
    expect([rows.rows, rows.succeeded, out.length]).toEqual([2, 2, bytes.length]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('truncated results', () => {
  const bytes = Buffer.from(file(success(0), error(1, 'api_error'), success(2)));

  test('report missing rows for a cut at any byte except the last newline', async () => {
    for (let end = 0; end < bytes.length - 1; end += 1) {
      const { rows } = await judged([bytes.subarray(0, end)], 3);
      expect(rows.missing().length, `cut at ${end}`).toBeGreaterThan(0);
    }
    expect((await judged([bytes.subarray(0, -1)], 3)).rows.missing()).toEqual([]);
  });

  test('are whole together with another download that has the missing rows', async () => {
    const cut = bytes.subarray(0, -20);
    for (const downloads of [
      [cut, bytes],
      [bytes, cut],
    ]) {
      const { rows } = await judged(downloads, 3);
      expect([rows.rows, rows.missing(), countsOf(rows)]).toEqual([3, [], {}]);
    }
    const halves = [file(success(0), success(1)), file(success(2), success(1))];
    const { rows } = await judged(halves, 3);
    expect([rows.rows, countsOf(rows)]).toEqual([3, {}]);
  });

  test('with a damaged success miss its row until a download has it', async () => {
    const whole = file(success(0), success(1));
    const damaged = file(success(0).replace('"text":', '"te:'), success(1));
    const { rows } = await judged([damaged], 2);
    expect([rows.succeeded, rows.missing(), rows.lost()]).toEqual([1, [0], [0]]);
    const together = await judged([damaged, whole], 2);
    expect([together.rows.succeeded, together.rows.missing(), countsOf(together.rows)]).toEqual([2, [], {}]);
  });

  test('an error of the stream passes through', async () => {
    const broken = async function* () {
      yield bytes.subarray(0, 50);
      throw new TypeError('terminated');
    };
    const read = async () => {
      for await (const _ of new JudgedRows(new SentRows(NONCE, [0])).through(broken()));
    };
    await expect(read()).rejects.toThrow('terminated');
  });
});

describe('one odd row', () => {
  const others = [success(0), success(1)];

  test.each<[string, string, object]>([
    ['an unknown type', row(2, { type: 'paused' }), { unreadable: 1 }],
    ['a success without a message', row(2, { type: 'succeeded' }), { unreadable: 1 }],
    ['an error that is a text', row(2, { type: 'errored', error: 'boom' }), { unreadable: 1 }],
    ['an empty result', row(2, {}), { unreadable: 1 }],
    ['a custom_id of another tool', success(0, '', 'request-1'), { foreign: 1, missing: 1 }],
    ['another attempt', success(0, '', id(0, 'f'.repeat(24))), { foreign: 1, missing: 1 }],
    ['an ordinal beyond all', success(0, '', `${NONCE}-99999`), { foreign: 1, missing: 1 }],
    ['an ordinal that this round did not send', success(4), { foreign: 1, missing: 1 }],
    ['no custom_id', '{"status":"ok"}', { stray: 1, missing: 1 }],
    ['no JSON', 'Bad gateway', { stray: 1, missing: 1 }],
    ['half a row', success(2).slice(0, 60), { unreadable: 1 }],
    ['a success with missing bytes in its middle', success(2).replace('"text":', '"te:'), { unreadable: 1 }],
    ['a success with a NUL in its text', success(2, 'NUL').replace('NUL', '\u0000'), { unreadable: 1 }],
    ['a success without an answer', row(2, { type: 'succeeded', message: {} }), { unreadable: 1 }],
    ['a row twice', success(0), { repeated: 1, missing: 1 }],
    ['a contradicting second row', ended(0, 'expired'), { contradicting: 1, missing: 1 }],
  ])('does not affect the others: %s', async (_, odd, counts) => {
    for (const lines of [
      [...others, odd],
      [odd, ...others],
    ]) {
      const { rows } = await judged([file(...lines)], 3);
      expect(rows.succeeded).toBe(2);
      expect(countsOf(rows)).toEqual(counts);
      expect(rows.lost()).toEqual([2]);
      expect(rows.transient()).toEqual([]);
      for (const { why } of rows.odd().named) expect(why).toMatch(/^[A-Z].*\.$/);
    }
  });

  test('is named with its reason and its text', async () => {
    const odd = row(2, { type: 'paused' });
    const { rows } = await judged([file(success(0), odd)], 3);
    expect(rows.odd().named).toEqual([
      { kind: 'missing', custom_id: id(1), why: 'This request has no row.' },
      {
        kind: 'unreadable',
        custom_id: id(2),
        why: 'The result has the unknown type "paused".',
        start: Buffer.byteLength(file(success(0))),
        length: odd.length,
        text: odd,
      },
    ]);
  });

  test('that cannot be understood is replaced by a row of a later download', async () => {
    const { rows } = await judged([file(row(0, {})), file(success(0))], 1);
    expect([rows.succeeded, rows.lost(), countsOf(rows), rows.odd().named]).toEqual([1, [], {}, []]);
  });

  test('with an answer takes precedence over a contradicting one, in either order', async () => {
    for (const lines of [
      [success(0), ended(0, 'expired')],
      [ended(0, 'expired'), success(0)],
    ]) {
      const { rows } = await judged([file(...lines)], 1);
      expect([rows.succeeded, rows.transient(), countsOf(rows)]).toEqual([1, [], { contradicting: 1 }]);
    }
  });
});

test('all odd rows are counted, and the first hundred of each kind are named', async () => {
  const { rows } = await judged([file(...Array.from({ length: 5_000 }, () => '{}'))], 1);
  expect(countsOf(rows)).toEqual({ stray: 5_000, missing: 1 });
  expect(rows.odd().named).toHaveLength(101);
});

test('the same lines in another order have the same fingerprint, and other lines have a different one', async () => {
  const of = async (...lines: string[]) => (await judged([file(...lines)], 3)).rows.fingerprint;
  const fingerprint = await of(success(0), success(1), success(2));
  expect(await of(success(2), success(0), success(1))).toBe(fingerprint);
  expect(await of(success(0), success(1))).not.toBe(fingerprint);
  expect(await of(success(0), success(1), success(1))).not.toBe(fingerprint);
});

describe('the rows of another tool’s batch', () => {
  const read = async (text: string) => {
    const owed = new ForeignRows();
    const rows = new JudgedRows(owed);
    for await (const _ of rows.through(cutAt(Buffer.from(text), [])));
    return { rows, ids: owed.sorted().map((number) => owed.customIdOf(number)) };
  };

  test('all count, in byte order of their ids', async () => {
    const ids = ['b-9', 'b-10', 'A', '_', 'zebra', 'a'.repeat(64), '-'];
    const { rows, ids: sorted } = await read(file(...ids.map((one) => success(0, '', one))));
    expect(sorted).toEqual([...ids].sort());
    expect([rows.rows, rows.missing(), countsOf(rows)]).toEqual([7, [], {}]);
  });

  test('are one for each custom_id', async () => {
    const { rows, ids } = await read(file(success(0, '', 'a'), success(0, '', 'a'), ended(0, 'expired')));
    expect(ids).toEqual([id(0), 'a']);
    expect([rows.rows, countsOf(rows)]).toEqual([2, { repeated: 1 }]);
  });

  test.each(['', 'a b', 'é', 'a'.repeat(65), 'a/../b'])('never have the custom_id %j', async (odd) => {
    const { rows, ids } = await read(file(success(0, '', odd), success(0, '', 'a')));
    expect(ids).toEqual(['a']);
    expect(countsOf(rows)).toEqual({ foreign: 1 });
  });

  test('are at most as many as a batch can have', async () => {
    const lines = Array.from(
      { length: 100_002 },
      (_, n) => `{"custom_id":"r-${n}","result":{"type":"expired"}}`,
    );
    const { rows, ids } = await read(file(...lines));
    expect([ids.length, rows.rows, countsOf(rows)]).toEqual([100_000, 100_000, { foreign: 2 }]);
  });
});
