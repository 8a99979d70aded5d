import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Account,
  NEW_ACCOUNT,
  readAccount,
  reserve,
  reservedIn,
  roomFor,
  settle,
  storedAccount,
} from '../../../src/cost/budget/account';
import '../../support/fc';

const holders = ['a', 'b', 'c'];
const step = fc.record({
  holder: fc.constantFrom(...holders),
  amount: fc.bigInt({ min: 0n, max: 40n }),
  /** Of what is reserved, in percent. */
  cost: fc.option(fc.bigInt({ min: 0n, max: 100n }), { nil: undefined }),
});

describe('an account', () => {
  test('is never above the cap, while nothing costs more than its worst case', () => {
    fc.assert(
      fc.property(fc.array(step), fc.bigInt({ min: 0n, max: 100n }), (steps, cap) => {
        let account: Account = NEW_ACCOUNT;
        for (const { holder, amount, cost } of steps) {
          const held = account.reserved.get(holder);
          if (cost !== undefined && held !== undefined)
            account = settle(account, holder, (held * cost) / 100n);
          else if (roomFor(account, holder, amount, cap) === 'granted')
            account = reserve(account, holder, amount);
          expect(account.spent + reservedIn(account)).toBeLessThanOrEqual(cap);
        }
        expect(readAccount(storedAccount(account))).toEqual(account);
      }),
    );
  });

  test('has room up to the cap itself, and tells a cap that is reached from one that others may yet free', () => {
    const account = reserve({ spent: 40n, reserved: new Map() }, 'a', 50n);
    expect(roomFor(account, 'b', 10n, 100n)).toBe('granted');
    expect(roomFor(account, 'b', 11n, 100n)).toBe('crowded');
    expect(roomFor(account, 'b', 60n, 100n)).toBe('crowded');
    expect(roomFor(account, 'b', 61n, 100n)).toBe('full');
  });

  test('gives a holder room in place of what it has', () => {
    const account = reserve({ spent: 40n, reserved: new Map() }, 'a', 50n);
    expect(roomFor(account, 'a', 60n, 100n)).toBe('granted');
    expect(reservedIn(reserve(account, 'a', 60n))).toBe(60n);
  });

  test('lets nobody who keeps something wait for others: they may wait for it', () => {
    const account = reserve(reserve(NEW_ACCOUNT, 'a', 50n), 'b', 50n);
    expect(roomFor(account, 'a', 100n, 100n)).toBe('full');
    expect(roomFor(account, 'c', 100n, 100n)).toBe('crowded');
  });

  test('counts what a holder spent once, however often it is told of', () => {
    const settled = settle(reserve(NEW_ACCOUNT, 'a', 50n), 'a', 20n);
    expect(settled).toEqual({ spent: 20n, reserved: new Map() });
    expect(settle(settled, 'a', 20n)).toEqual(settled);
  });
});
