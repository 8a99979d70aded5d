import { DigestTable } from '../../input/digest-table';

/** Digests that are held at most: 100 MB. */
const MOST = 2_000_000;

/**
 * Tells which requests a job would not send because an earlier one is equal to the byte. Beyond a number of different requests it notes no further
 * ones: of a larger set some repeats pass for new, and what it costs is said too high.
 */
export class Repeats {
  readonly #table: DigestTable;
  #room: number;

  constructor(requests: number) {
    this.#room = Math.min(requests, MOST);
    this.#table = new DigestTable(this.#room);
  }

  /** Whether the request of the digest came before; notes it otherwise. */
  has(digest: Buffer): boolean {
    if (this.#room === 0) return this.#table.find(digest) !== undefined;
    const isNew = this.#table.add(digest, { chunk: 0, ordinal: 0 }) === undefined;
    if (isNew) this.#room--;
    return !isNew;
  }
}
