import { expect, test } from 'vitest';
import {
  fitOf,
  NEW_ACCOUNT,
  reserve,
  reservedIn,
  settle,
  storedAccount,
} from '../../../src/cost/budget/account';
import { AccountBook } from '../../../src/records/account';
import { keys } from '../../../src/records/keys';
import { FileStore } from '../../../src/store/file/file-store';
import type { Store } from '../../../src/store/store';
import { collect } from '../../support/job-checks';
import { MemoryStore } from '../../support/memory-store';
import { storeWith } from '../../support/store-with';
import { tempDir } from '../../support/temp-dir';

test('concurrent changes of an account are all kept, and together never exceed the cap', async () => {
  const store = new FileStore(await tempDir());
  const cap = 100n;
  const granted: string[] = [];
  await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const holder = `job/${index}`;
      // As with different workers, which share no memory.
      await new AccountBook(store, 'budgets/test/').change((account) => {
        if (fitOf(account, holder, 15n, cap) !== 'granted') return undefined;
        return {
          account: reserve(account, holder, { amount: 15n, asked: 0 }),
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
      account: settle(before, holder, 5n, 0),
      entry: { kind: 'settled', holder, usd: '0.000000000005' },
    }));
  }
  expect(await book.read()).toEqual({ spent: 30n, reserved: new Map() });
  // One page for each change, so the pages are a record of all changes.
  expect(await collect(store.list('budgets/test/'))).toHaveLength(12);
});

const BOOK = 'budgets/test/';

/** A store with a book of a number of pages, each with a reservation of 15 for the holder `job/0`. */
async function storeWithBook(pages: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  const page = JSON.stringify(storedAccount(reserve(NEW_ACCOUNT, 'job/0', { amount: 15n, asked: 0 })));
  for (let number = 0; number < pages; number += 1) await store.put(keys.page(BOOK, number), page);
  return store;
}

const reserveFor = (holder: string, store: Store) =>
  new AccountBook(store, BOOK).change((before) => ({
    account: reserve(before, holder, { amount: 1n, asked: 0 }),
    entry: { kind: 'reserved', holder, usd: '0.000000000001' },
  }));

/** Counts the calls of a store. A copy has no cache, like the store of another process. */
function counting(whole: Store): { store: Store; calls: Record<'head' | 'list' | 'folders', number> } {
  const calls = { head: 0, list: 0, folders: 0 };
  const counted = <T>(name: keyof typeof calls, result: T): T => {
    calls[name] += 1;
    return result;
  };
  const store = storeWith(whole, {
    head: (key) => counted('head', whole.head(key)),
    list: (prefix) => counted('list', whole.list(prefix)),
    folders: (prefix) => counted('folders', whole.folders(prefix)),
  });
  return { store, calls };
}

test('a change is the next page of a book of any length', async () => {
  for (let pages = 0; pages < 70; pages += 1) {
    const store = await storeWithBook(pages);
    await reserveFor('job/1', store);
    expect(store.entries.size).toBe(pages + 1);
    expect(JSON.parse(store.text(keys.page(BOOK, pages)))).toMatchObject({
      reserved: { 'job/1': { usd: '0.000000000001', asked: 0 } },
    });
    expect([...(await new AccountBook(store, BOOK).read()).reserved.keys()]).toContain('job/1');
  }
});

test('a change of a month-old book lists nothing, and needs as many calls as with a new book', async () => {
  const { store, calls } = counting(await storeWithBook(60_000));
  await reserveFor('job/1', store);
  // The first access of a process.
  expect(calls).toEqual({ head: 31, list: 0, folders: 0 });
  for (let change = 0; change < 10; change += 1) await reserveFor('job/1', store);
  expect(calls).toEqual({ head: 31 + 10 * 2, list: 0, folders: 0 });
});

test('two workers that change an account in turns need the same calls for each change', async () => {
  const whole = await storeWithBook(1_000);
  const workers = [counting(whole), counting(whole)];
  for (const { store } of workers) await reserveFor('job/1', store);
  const first = workers.map(({ calls }) => calls.head);
  for (let change = 0; change < 20; change += 1) {
    await Promise.all(workers.map(({ store }, worker) => reserveFor(`job/${worker}`, store)));
  }
  expect(whole.entries.size).toBe(1_000 + 2 + 2 * 20);
  for (const [worker, { calls }] of workers.entries()) {
    expect(calls.list + calls.folders).toBe(0);
    expect(calls.head - first[worker]!).toBeLessThanOrEqual(20 * 12);
  }
});

test('a book that a person removed starts again', async () => {
  const store = await storeWithBook(0);
  await reserveFor('job/1', store);
  store.entries.clear();
  expect(await new AccountBook(store, BOOK).read()).toEqual(NEW_ACCOUNT);
  await reserveFor('job/2', store);
  expect([...store.entries.keys()]).toEqual([keys.page(BOOK, 0)]);
});
