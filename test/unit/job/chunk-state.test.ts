import { describe, expect, test } from 'vitest';
import { type ChunkState, newChunkState, news, readChunkState } from '../../../src/job/chunk-state';
import type { WaitReason } from '../../../src/job/reason';

const chunk = newChunkState(3, 10);
const flying: ChunkState = { ...chunk, phase: 'in progress', batch: 'msgbatch_1', since: 1 };
const refused: WaitReason = { code: 'failed', type: 'anthropic.Limited', message: '7 of 5 calls.' };
const resting: ChunkState = { ...chunk, phase: 'backing off', reason: refused };

describe('a chunk signals its job', () => {
  const table: [string, ChunkState | undefined, ChunkState, ReturnType<typeof news>][] = [
    ['its first state', undefined, chunk, 'state'],
    ['nothing if nothing changed', flying, { ...flying }, undefined],
    ['another phase', chunk, { ...chunk, phase: 'submitting' }, 'state'],
    ['its batch', { ...flying, batch: undefined }, flying, 'state'],
    ['when it was bought', { ...flying, since: undefined }, flying, 'state'],
    ['a later round', resting, { ...resting, round: 1 }, 'state'],
    ['how many requests are left', resting, { ...resting, requests: 2 }, 'state'],
    ['why a poll failed', flying, { ...flying, reason: refused }, 'reason'],
    ['that polls are answered again', { ...flying, reason: refused }, flying, 'reason'],
    [
      'nothing for the same reason in other words',
      resting,
      { ...resting, reason: { ...refused, message: 'The API takes no more for now.' } },
      undefined,
    ],
    ['another reason', resting, { ...resting, reason: { ...refused, type: 'anthropic.Billing' } }, 'reason'],
    ['nothing for another try for the same reason', resting, { ...resting, phase: 'submitting' }, undefined],
    ['nothing for the end of that try', { ...resting, phase: 'submitting' }, resting, undefined],
    ['a try without a reason', resting, { ...resting, phase: 'submitting', reason: undefined }, 'state'],
    [
      'that the answer was lost',
      { ...resting, phase: 'submitting' },
      { ...resting, phase: 'searching' },
      'state',
    ],
    ['that a person must decide', resting, { ...resting, phase: 'held' }, 'state'],
  ];
  test.each(table)('%s', (_, told, now, expected) => {
    expect(news(told, now)).toBe(expected);
  });
});

describe('a signal of a chunk', () => {
  test.each<[unknown]>([
    [undefined],
    [null],
    ['chunk'],
    [[]],
    [{ chunk: 0 }],
    [{ ...chunk, chunk: -1 }],
    [{ ...chunk, requests: '10' }],
    [{ ...chunk, phase: 'dancing' }],
    [{ ...chunk, reason: { toString: null } }],
    [{ ...chunk, reason: 'It broke.' }],
    [{ ...chunk, reason: null }],
    [{ ...chunk, reason: {} }],
    [{ ...chunk, reason: { code: 'dancing' } }],
    [{ ...chunk, reason: { code: 'constructor' } }],
    [{ ...chunk, reason: { code: 'failed' } }],
    [{ ...chunk, reason: { code: 'failed', message: { toString: null } } }],
    [{ ...flying, since: 'today' }],
    [{ ...flying, batch: 7 }],
  ])('is ignored if it is %j', (value) => {
    expect(readChunkState(value)).toBeUndefined();
  });

  test('is read unchanged if it is valid', () => {
    expect(readChunkState(flying)).toEqual(flying);
    expect(readChunkState({ ...resting, more: 1 })).toEqual(resting);
  });
});
