import { describe, expect, test } from 'vitest';
import { CustomIds, ForeignRows } from '../../../src/anthropic/foreign-rows';
import fc from '../../support/fc';

const ALPHABET = [...'ABCxyz0189_-'];
const customId = fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 1, maxLength: 64 });

describe('any number of custom_ids', () => {
  test('keep their texts, and have one order however they came', () => {
    fc.assert(
      fc.property(fc.array(customId, { maxLength: 600 }), (all) => {
        const ids = new CustomIds();
        for (const [number, id] of all.entries()) expect(ids.add(id)).toBe(number);
        expect([...ids.sorted()].map((number) => ids.get(number))).toEqual([...all].sort());
        expect(ids.twice() === undefined).toBe(new Set(all).size === all.length);
      }),
    );
  });

  test('tell one that begins like another', () => {
    const ids = new CustomIds();
    const all = ['a'.repeat(64), 'a'.repeat(63), 'a', 'a-', 'a-0', 'B', '10', '9'];
    for (const id of all) ids.add(id);
    expect([...ids.sorted()].map((number) => ids.get(number))).toEqual([...all].sort());
    expect(ids.twice()).toBeUndefined();
  });
});

describe('the rows of a batch that another tool made', () => {
  const rows = (...all: string[]) => {
    const owed = new ForeignRows('msgbatch_1');
    for (const id of all) owed.take(id);
    return owed;
  };

  test('may have any custom_id that the API takes', () => {
    rows('a', 'A', '_', '-', 'a'.repeat(64), '0123456789abcdef01234567-0').end();
  });

  test.each(['', 'a b', 'é', 'a'.repeat(65), 'a\n'])('have none that it does not: %j', (id) => {
    expect(() => rows(id)).toThrow(
      'The results of the batch msgbatch_1 have a custom_id that the API does not take.',
    );
  });

  test('that come twice are told by their places: their ids may be personal', () => {
    expect(() => rows('b', 'jane-doe', 'c', 'jane-doe').end()).toThrow(
      'The results of the batch msgbatch_1 have one custom_id twice, in rows 2 and 4.',
    );
  });
});
