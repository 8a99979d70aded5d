import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../src/anthropic/api';
import { ResultsCheck } from '../../../src/anthropic/results-check';
import { ResultsCut, ResultsInvalid } from '../../../src/anthropic/results-errors';
import { SentRows } from '../../../src/anthropic/sent-rows';
import fc from '../../support/fc';

const NONCE = '0123456789abcdef01234567';

const batchOf = (size: number): Batch => ({
  id: 'msgbatch_1',
  status: 'ended',
  createdAt: new Date(0),
  size,
  counts: { processing: 0, succeeded: size, errored: 0, canceled: 0, expired: 0 },
  resultsUrl: 'http://127.0.0.1/',
  archivedAt: null,
});

const id = (ordinal: number, nonce = NONCE) => `${nonce}-${ordinal}`;
const success = (ordinal: number, text = 'é😀\u2028', customId = id(ordinal)) =>
  JSON.stringify({
    custom_id: customId,
    result: { type: 'succeeded', message: { content: text, stop_reason: 'end_turn' } },
  });
const error = (ordinal: number, type: string) =>
  JSON.stringify({
    custom_id: id(ordinal),
    result: { type: 'errored', error: { type: 'error', error: { type, message: 'm' } } },
  });
const ended = (ordinal: number, type: string) => JSON.stringify({ custom_id: id(ordinal), result: { type } });

async function* cutAt(bytes: Buffer, cuts: number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    // As sockets do: the memory of a piece is used again for the next one's neighbour.
    yield Uint8Array.from(bytes.subarray(from, cut));
    from = cut;
  }
}

/** What the batch's requests are: the first `size` of these ordinals. */
const SENT = [0, 1, 2, 3, 5, 7, 9];

const checkOf = (size: number) =>
  new ResultsCheck(batchOf(size), new SentRows('msgbatch_1', NONCE, SENT.slice(0, size)));

async function pass(bytes: Buffer | string, size: number, cuts: number[] = []) {
  const check = checkOf(size);
  const out: Uint8Array[] = [];
  for await (const piece of check.through(cutAt(Buffer.from(bytes), cuts))) out.push(Uint8Array.from(piece));
  return { check, out: Buffer.concat(out) };
}

const file = (...rows: string[]) => rows.map((row) => `${row}\n`).join('');

describe('results that are whole', () => {
  const rows = [
    success(3),
    error(0, 'overloaded_error'),
    error(2, 'invalid_request_error'),
    ended(7, 'expired'),
    ended(5, 'canceled'),
    success(1),
  ];

  test('pass as they are; only what may be sent again is selected, in order', async () => {
    const { check, out } = await pass(file(...rows), 6);
    expect(out.toString()).toBe(file(...rows));
    expect(check.rows).toBe(6);
    expect(check.succeeded).toBe(2);
    expect(check.transient()).toEqual([0, 5, 7]);
  });

  test('tell what the account could not pay for from other failures that pass', async () => {
    const { check } = await pass(file(...rows, error(9, 'billing_error')), 7);
    expect(check.transient()).toEqual([0, 5, 7, 9]);
    expect(check.unpaid()).toEqual([9]);
  });

  test.each<[string, string]>([
    ['without a last newline', rows.join('\n')],
    ['with blank lines', `\n${rows.join('\n\n')}\n\n\n`],
    ['with returns before the newlines', `${rows.join('\r\n')}\r\n`],
  ])('%s', async (_, text) => {
    const { check, out } = await pass(text, 6);
    expect(out.toString()).toBe(text);
    expect([check.rows, check.succeeded]).toEqual([6, 2]);
    expect(check.transient()).toEqual([0, 5, 7]);
  });

  test('of a batch without requests are empty', async () => {
    expect((await pass('', 0)).check.rows).toBe(0);
  });

  test('wherever the pieces are cut, bytes and counts are the same', async () => {
    const bytes = Buffer.from(file(...rows));
    const cuts = fc.uniqueArray(fc.integer({ min: 0, max: bytes.length }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        const { check, out } = await pass(
          bytes,
          6,
          at.sort((a, b) => a - b),
        );
        expect(out.equals(bytes)).toBe(true);
        expect([check.rows, check.succeeded, check.transient()]).toEqual([6, 2, [0, 5, 7]]);
      }),
      { numRuns: 150 },
    );
    for (let at = 0; at <= bytes.length; at += 1) expect((await pass(bytes, 6, [at])).check.rows).toBe(6);
  });

  test('may have a line of 40 MB in many pieces, in linear time', async () => {
    const bytes = Buffer.from(file(success(0, 'x'.repeat(40_000_000)), success(1)));
    const cuts = Array.from({ length: Math.floor(bytes.length / 65_536) }, (_, n) => (n + 1) * 65_536);
    const started = performance.now();
    const { check, out } = await pass(bytes, 2, cuts);
    expect([check.rows, check.succeeded, out.length]).toEqual([2, 2, bytes.length]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('results that were cut', () => {
  const rows = [success(0), error(1, 'api_error'), success(2)];
  const bytes = Buffer.from(file(...rows));

  test('are told wherever the cut is; only the last newline may be missing', async () => {
    for (let end = 0; end < bytes.length - 1; end += 1) {
      const failure = await pass(bytes.subarray(0, end), 3).catch((error) => error);
      expect(failure, `cut at ${end}`).toBeInstanceOf(ResultsCut);
    }
    expect((await pass(bytes.subarray(0, -1), 3)).check.rows).toBe(3);
  });

  test('say where', async () => {
    await expect(pass(file(...rows.slice(0, 2)), 3)).rejects.toThrow(
      'The results of the batch msgbatch_1 were cut after 2 of 3 rows.',
    );
    await expect(pass(bytes.subarray(0, -30), 3)).rejects.toThrow(
      'The results of the batch msgbatch_1 were cut within row 3.',
    );
  });

  test('also within the only row, which begins like a success', async () => {
    await expect(pass(success(0).slice(0, -1), 1)).rejects.toThrow(ResultsCut);
  });

  test('and an error of the stream passes through', async () => {
    const broken = async function* () {
      yield bytes.subarray(0, 50);
      throw new TypeError('terminated');
    };
    const check = checkOf(3);
    const read = async () => {
      for await (const _ of check.through(broken()));
    };
    await expect(read()).rejects.toThrow('terminated');
  });
});

describe('results that are not those of what was sent', () => {
  test.each<[string, string, number, string]>([
    ['a row twice', file(success(0), success(0)), 2, `the custom_id ${id(0)} twice`],
    ['an error twice', file(error(0, 'api_error'), success(1), error(0, 'api_error')), 3, `${id(0)} twice`],
    ['a row beside all the others', file(success(0), success(1), success(0)), 2, `${id(0)} twice`],
    [
      'a custom_id of another tool',
      file(success(0, '', 'request-1')),
      1,
      'was not sent: it is of another tool',
    ],
    ['another attempt', file(success(0, '', id(0, 'f'.repeat(24)))), 1, 'was not sent: ffff'],
    ['an ordinal beyond all', file(success(0, '', `${NONCE}-100000`)), 1, 'was not sent'],
    ['an ordinal that this round did not send', file(success(0), success(4)), 2, `not sent: ${id(4)}`],
    ['a result of a new kind', file(success(0), ended(1, 'paused')), 2, 'the unknown type "paused"'],
    ['no result', file('{"type":"error"}', success(0)), 2, 'no custom_id or no result'],
  ])('%s', async (_, text, size, message) => {
    const failure = await pass(text, size).catch((error) => error);
    expect(failure).toBeInstanceOf(ResultsInvalid);
    expect(failure.message).toContain(message);
  });

  test.each<[string, number, number, string]>([
    ['fewer requests than were sent', 2, 3, `have no row for a request that was sent: ${id(2)}.`],
    ['more rows than the batch counts', 2, 1, 'have more rows than the 1 requests that the batch counts.'],
  ])('%s', async (_, rows, size, message) => {
    const sent = new SentRows('msgbatch_1', NONCE, [0, 1, 2]);
    const check = new ResultsCheck(batchOf(Math.min(rows, size)), sent);
    const read = async () => {
      for await (const _ of check.through(cutAt(Buffer.from(file(success(0), success(1))), [])));
    };
    await expect(read()).rejects.toThrow(`The results of the batch msgbatch_1 ${message}`);
    await expect(read()).rejects.toThrow(ResultsInvalid);
  });
});
