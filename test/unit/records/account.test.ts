import { expect, test } from 'vitest';
import { reserve, reservedIn, roomFor, settle } from '../../../src/cost/budget/account';
import { AccountBook } from '../../../src/records/account';
import { FileStore } from '../../../src/store/file/file-store';
import { collect } from '../../support/job-checks';
import { tempDir } from '../../support/temp-dir';

test('of many that change an account at once none is lost, and together they never come above the cap', async () => {
  const store = new FileStore(await tempDir());
  const cap = 100n;
  const granted: string[] = [];
  await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const holder = `job/${index}`;
      // As different workers do: none knows what another one has read.
      await new AccountBook(store, 'budgets/test/').change((account) => {
        if (roomFor(account, holder, 15n, cap) !== 'granted') return undefined;
        return {
          account: reserve(account, holder, 15n),
          entry: { kind: 'reserved', holder, usd: '0.000000000015' },
        };
      });
    }),
  );
  const book = new AccountBook(store, 'budgets/test/');
  const account = await book.read();
  granted.push(...account.reserved.keys());
  expect(granted).toHaveLength(6);
  expect(reservedIn(account)).toBe(90n);

  for (const holder of granted) {
    await book.change((before) => ({
      account: settle(before, holder, 5n),
      entry: { kind: 'settled', holder, usd: '0.000000000005' },
    }));
  }
  expect(await book.read()).toEqual({ spent: 30n, reserved: new Map() });
  // A page for each change that was made: they can be read as a book of what happened.
  expect(await collect(store.list('budgets/test/'))).toHaveLength(12);
});
