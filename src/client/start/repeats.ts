import { DigestTable } from '../../input/digest-table';

/** The most digests held: about 100 MB. */
const MOST = 2_000_000;

/**
 * Detects requests that a job would not send because an earlier request is identical, byte for byte.
 * Remembers at most 2,000,000 different requests: in a larger set it misses some repeats, so the estimate is
 * too high.
 */
export class Repeats {
  readonly #table: DigestTable;
  #capacity: number;

  constructor(requests: number) {
    this.#capacity = Math.min(requests, MOST);
    this.#table = new DigestTable(this.#capacity);
  }

  /** Returns whether an earlier request had this digest, and remembers the digest. */
  has(digest: Buffer): boolean {
    if (this.#capacity === 0) return this.#table.find(digest) !== undefined;
    const isNew = this.#table.add(digest, { chunk: 0, ordinal: 0 }) === undefined;
    if (isNew) this.#capacity--;
    return !isNew;
  }
}
