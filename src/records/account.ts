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
  /** Number of the next page. */
  next: number;
}

/** Returns the changed account and the reason, or `undefined` to leave the account unchanged. */
export type Change = (account: Account) => Changed | undefined | Promise<Changed | undefined>;

interface Changed {
  account: Account;
  entry: Page['entry'];
}

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
      const { account, next } = await this.#standing();
      const change = await decide(account);
      if (!change) return;
      const page: Page = {
        entry: change.entry,
        ...storedAccount(change.account),
        at: new Date().toISOString(),
      };
      const { created } = await createOnce(this.#store, keys.page(this.#book, next), page);
      if (!created) continue;
      lastPages.set(this.#store, this.#book, next);
      return;
    }
  }

  async #standing(): Promise<Standing> {
    const last = await this.#lastPage();
    if (last === NONE) return { account: NEW_ACCOUNT, next: 0 };
    const page = await readJson<StoredAccount>(this.#store, keys.page(this.#book, last));
    return { account: readAccount(page), next: last + 1 };
  }

  /**
   * Returns the number of the last page. Pages have no gaps, so steps that double and then halve find it. The
   * search begins where this process ended its last one, so it reads as much as was added since.
   */
  async #lastPage(): Promise<number> {
    const begin = lastPages.get(this.#store, this.#book);
    // A person may have removed the book.
    let last = begin !== undefined && (await this.#has(begin)) ? begin : NONE;
    let step = 1;
    for (; await this.#has(last + step); step *= 2) last += step;
    for (step /= 2; step >= 1; step /= 2) if (await this.#has(last + step)) last += step;
    lastPages.set(this.#store, this.#book, last);
    return last;
  }

  async #has(page: number): Promise<boolean> {
    return (await this.#store.head(keys.page(this.#book, page))) !== undefined;
  }
}

/** The number of the last page of a book without pages. */
const NONE = -1;

/** Books whose last pages are remembered: those used last. */
const MOST_BOOKS = 1_000;

/** The last page that this process has seen of each book. Only a place to begin a search. */
const lastPages = {
  ofStores: new WeakMap<Store, Map<string, number>>(),

  get(store: Store, book: string): number | undefined {
    return this.ofStores.get(store)?.get(book);
  },

  set(store: Store, book: string, page: number): void {
    const pages = this.ofStores.get(store) ?? new Map<string, number>();
    this.ofStores.set(store, pages);
    pages.delete(book);
    pages.set(book, page);
    const [oldest] = pages.keys();
    if (pages.size > MOST_BOOKS) pages.delete(oldest!);
  },
};
