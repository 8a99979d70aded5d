import {
  type Account,
  NEW_ACCOUNT,
  readAccount,
  type StoredAccount,
  storedAccount,
} from '../cost/budget/account';
import { createOnce, readJson } from '../store/json';
import type { Store } from '../store/store';
import { keys } from './keys';

/** A change of an account, as it stands in its book. */
interface Page extends StoredAccount {
  /** What was done, and for whom. */
  entry: { kind: 'reserved' | 'settled'; holder: string; usd: string };
  at: string;
}

interface Standing {
  account: Account;
  /** Pages so far. */
  pages: number;
}

/** What an account is changed to, and why; `undefined` leaves it as it is. */
export type Change = (account: Account) => { account: Account; entry: Page['entry'] } | undefined;

/**
 * An account that any number of workers change at once: a book of pages with running totals, each created once. Whoever finds
 * the next page taken reads it and decides anew. Pages stay: a worker that was frozen with an old one must find the next taken.
 *
 * @param book the prefix of its pages
 */
export class AccountBook {
  readonly #store: Store;
  readonly #book: string;

  constructor(store: Store, book: string) {
    this.#store = store;
    this.#book = book;
  }

  async read(): Promise<Account> {
    return (await this.#standing()).account;
  }

  async change(decide: Change): Promise<void> {
    for (;;) {
      const { account, pages } = await this.#standing();
      const change = decide(account);
      if (!change) return;
      const page: Page = {
        entry: change.entry,
        ...storedAccount(change.account),
        at: new Date().toISOString(),
      };
      const { created } = await createOnce(this.#store, keys.page(this.#book, pages), page);
      if (created) return;
    }
  }

  async #standing(): Promise<Standing> {
    let last: string | undefined;
    let pages = 0;
    for await (const { key } of this.#store.list(this.#book)) {
      last = key;
      pages += 1;
    }
    if (last === undefined) return { account: NEW_ACCOUNT, pages };
    return { account: readAccount(await readJson<StoredAccount>(this.#store, last)), pages };
  }
}
