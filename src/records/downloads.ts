import type { OddCounts, OddRow } from '../job/odd-results';
import { findJson, putJson } from '../store/json';
import type { Store } from '../store/store';
import { type Downloaded, downloadNumber, keys } from './keys';

/** One download of a batch's results. */
export interface DownloadNote {
  /** When it was complete, ISO 8601. */
  at: string;
  /** Where its bytes are: those of an earlier download where it had the same lines. */
  number: number;
  /** The same for the same lines, in whatever order. */
  lines: string;
}

/** As the store holds them. */
interface StoredNotes {
  notes: DownloadNote[];
}

/** What the downloads of a batch's results come to. */
export interface StoredResults {
  /** Downloads whose rows count, by number. */
  downloads: number[];
  /** Documents whose row came. */
  rows: number;
  succeeded: number;
  /** Every row that is owed came. Without this, what is missing was written off, and a later download may bring it. */
  complete: boolean;
  odd?: OddCounts;
  /** The first odd rows of each kind. */
  named?: OddRow[];
}

/** The complete downloads of one batch's results in the store, and what was found of them. None is ever changed. */
export class Downloads {
  readonly #store: Store;
  readonly #of: Downloaded;

  constructor(store: Store, of: Downloaded) {
    this.#store = store;
    this.#of = of;
  }

  /** The numbers of those that are kept, in order. */
  async kept(): Promise<number[]> {
    const kept: number[] = [];
    for await (const { key } of this.#store.list(keys.downloads(this.#of))) {
      const number = downloadNumber(key);
      if (number !== undefined) kept.push(number);
    }
    return kept.sort((a, b) => a - b);
  }

  /** The numbers of those whose rows count: what is not judged yet may hold answers too. */
  async counted(): Promise<number[]> {
    return (await this.judged())?.downloads ?? (await this.kept());
  }

  open(number: number): Promise<AsyncIterable<Uint8Array>> {
    return this.#store.open(keys.download(this.#of, number));
  }

  /** Keeps a download, complete or not at all. @throws {KeyExistsError} where another process keeps one of this number. */
  keep(number: number, source: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#store.put(keys.download(this.#of, number), source, { ifAbsent: true });
  }

  /** Notes a download. One with the lines of an earlier one is not kept a second time. @returns all notes. */
  async note(number: number, lines: string): Promise<DownloadNote[]> {
    const notes = await this.notes();
    const same = notes.find((earlier) => earlier.lines === lines);
    const all = [...notes, { at: new Date().toISOString(), number: same?.number ?? number, lines }];
    await putJson(this.#store, keys.downloadNotes(this.#of), { notes: all } satisfies StoredNotes);
    if (same && same.number !== number) await this.#store.delete(keys.download(this.#of, number));
    return all;
  }

  async notes(): Promise<DownloadNote[]> {
    return (await findJson<StoredNotes>(this.#store, keys.downloadNotes(this.#of)))?.notes ?? [];
  }

  judged(): Promise<StoredResults | undefined> {
    return findJson<StoredResults>(this.#store, keys.judged(this.#of));
  }

  async judge(results: StoredResults): Promise<void> {
    const { named = [] } = results;
    const lines = named.map((row) => `${JSON.stringify(row)}\n`).join('');
    if (lines !== '') await this.#store.put(keys.unusable(this.#of), lines);
    await putJson(this.#store, keys.judged(this.#of), results);
  }
}
