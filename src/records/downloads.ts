import type { OddCounts, OddRow } from '../job/odd-results';
import { findJson, putJson } from '../store/json';
import { ifFound } from '../store/optional';
import type { Store } from '../store/store';
import { type Downloaded, downloadNumber, keys } from './keys';
import { addVersion, findNewest, type Newest, outdated, readNewest } from './versions';

/** One download of a batch's results. */
export interface DownloadNote {
  /** When the download was complete, ISO 8601. */
  at: string;
  /** Number of the download that holds the bytes. An earlier one if it had the same lines. */
  number: number;
  /** Digest of the lines, independent of their order. */
  lines: string;
}

/** The notes as stored. */
interface StoredNotes {
  notes: DownloadNote[];
}

/** The combined results of a batch's downloads. */
export interface StoredResults {
  /** Numbers of the downloads whose rows count. */
  downloads: number[];
  /** Documents that have a row. */
  rows: number;
  succeeded: number;
  /**
   * Every expected row arrived. If unset, missing rows were written off, and a later download may contain
   * them.
   */
  complete: boolean;
  odd?: OddCounts;
  /** The first odd rows of each kind. */
  named?: OddRow[];
}

/**
 * The complete downloads of one batch's results in the store, and their judged results. A download never
 * changes.
 */
export class Downloads {
  readonly #store: Store;
  readonly #of: Downloaded;

  constructor(store: Store, of: Downloaded) {
    this.#store = store;
    this.#of = of;
  }

  readonly #judgedKey = (version: number): string => keys.judged(this.#of, version);

  /** Returns the numbers of the stored downloads, in order. */
  async kept(): Promise<number[]> {
    const kept: number[] = [];
    for await (const { key } of this.#store.list(keys.downloads(this.#of))) {
      const number = downloadNumber(key);
      if (number !== undefined) kept.push(number);
    }
    return kept.sort((a, b) => a - b);
  }

  /**
   * Returns the numbers of the downloads whose rows count. Before the judgment these are all: any may hold
   * answers.
   */
  async counted(): Promise<number[]> {
    return (await this.judged())?.downloads ?? (await this.kept());
  }

  /**
   * Opens a download. One that is missing has no lines: it repeated another one, and its process removed it
   * after others had counted it.
   */
  async open(number: number): Promise<AsyncIterable<Uint8Array>> {
    return (await ifFound(this.#store.open(keys.download(this.#of, number)))) ?? nothing();
  }

  /**
   * Stores a download, completely or not at all. @throws {KeyExistsError} if another process stored this
   * number
   */
  keep(number: number, source: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#store.put(keys.download(this.#of, number), source, { ifAbsent: true });
  }

  /** Records a download. Deletes one with the same lines as an earlier one. @returns all notes */
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
    return findNewest(this.#store, this.#judgedKey);
  }

  /** Like `judged`, for a writer of the next ones. */
  newestJudged(): Promise<Newest<StoredResults>> {
    return readNewest(this.#store, this.#judgedKey);
  }

  /**
   * Records the combined results.
   *
   * @param next their number, read before the downloads
   * @throws {StoreError} if another process has recorded some since
   */
  async judge(results: StoredResults, next: number): Promise<void> {
    const { named = [] } = results;
    const lines = named.map((row) => `${JSON.stringify(row)}\n`).join('');
    if (lines !== '') await this.#store.put(keys.unusable(this.#of), lines);
    if (await addVersion(this.#store, this.#judgedKey, next, results)) return;
    throw outdated(this.#store, this.#judgedKey(next));
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
