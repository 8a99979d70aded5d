import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Account,
  fitOf,
  NEW_ACCOUNT,
  readAccount,
  reserve,
  reservedIn,
  settle,
  storedAccount,
} from '../../../src/cost/budget/account';
import '../../support/fc';

const holders = ['a', 'b', 'c'];
const step = fc.record({
  holder: fc.constantFrom(...holders),
  amount: fc.bigInt({ min: 0n, max: 40n }),
  /** The actual cost, in percent of the reservation. */
  cost: fc.option(fc.bigInt({ min: 0n, max: 100n }), { nil: undefined }),
});

describe('an account', () => {
  test('never exceeds the cap if no cost exceeds its worst case', () => {
    fc.assert(
      fc.property(fc.array(step), fc.bigInt({ min: 0n, max: 100n }), (steps, cap) => {
        let account: Account = NEW_ACCOUNT;
        for (const { holder, amount, cost } of steps) {
          const held = account.reserved.get(holder);
          if (cost !== undefined && held !== undefined)
            account = settle(account, holder, (held.amount * cost) / 100n, 0);
          else if (fitOf(account, holder, amount, cap) === 'granted')
            account = reserve(account, holder, { amount, asked: 0 });
          expect(account.spent + reservedIn(account)).toBeLessThanOrEqual(cap);
        }
        expect(readAccount(storedAccount(account))).toEqual(account);
      }),
    );
  });

  test('grants up to the cap, and distinguishes a used-up cap from one that others may still free', () => {
    const account = reserve({ spent: 40n, reserved: new Map() }, 'a', { amount: 50n, asked: 0 });
    expect(fitOf(account, 'b', 10n, 100n)).toBe('granted');
    expect(fitOf(account, 'b', 11n, 100n)).toBe('crowded');
    expect(fitOf(account, 'b', 60n, 100n)).toBe('crowded');
    expect(fitOf(account, 'b', 61n, 100n)).toBe('full');
  });

  test('replaces the reservation of a holder', () => {
    const account = reserve({ spent: 40n, reserved: new Map() }, 'a', { amount: 50n, asked: 0 });
    expect(fitOf(account, 'a', 60n, 100n)).toBe('granted');
    expect(reservedIn(reserve(account, 'a', { amount: 60n, asked: 0 }))).toBe(60n);
  });

  test('refuses a holder that could only wait for others, because they may wait for it', () => {
    const account = reserve(reserve(NEW_ACCOUNT, 'a', { amount: 50n, asked: 0 }), 'b', {
      amount: 50n,
      asked: 0,
    });
    expect(fitOf(account, 'a', 100n, 100n)).toBe('full');
    expect(fitOf(account, 'c', 100n, 100n)).toBe('crowded');
  });

  test('counts the cost of a holder once, although it is reported repeatedly', () => {
    const settled = settle(reserve(NEW_ACCOUNT, 'a', { amount: 50n, asked: 0 }), 'a', 20n, 0);
    expect(settled).toEqual({ spent: 20n, reserved: new Map() });
    expect(settle(settled, 'a', 20n, 0)).toEqual(settled);
  });

  test('keeps a reservation that was requested after the end that is settled', () => {
    const account = reserve(NEW_ACCOUNT, 'a', { amount: 50n, asked: 2 });
    expect(settle(account, 'a', 20n, 1)).toBe(account);
    expect(settle(account, 'a', 20n, 2)).toEqual({ spent: 20n, reserved: new Map() });
  });
});
