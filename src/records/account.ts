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

/** One change of an account, as stored in its book. */
interface Page extends StoredAccount {
  /** The kind of change and its holder. */
  entry: { kind: 'reserved' | 'settled'; holder: string; usd: string };
  at: string;
}

interface Standing {
  account: Account;
  /** Number of pages. */
  pages: number;
}

/** Returns the changed account and the reason, or `undefined` to leave the account unchanged. */
export type Change = (account: Account) => { account: Account; entry: Page['entry'] } | undefined;

/**
 * An account that any number of workers change concurrently: a book of pages with running totals, each
 * created once. A worker that finds the next page taken reads it and decides again. Pages are never removed:
 * a worker that was frozen with an old page must find the next one taken.
 *
 * @param book prefix of the account's pages
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
