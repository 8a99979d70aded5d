/** Where a request of a job stands. */
export interface Place {
  chunk: number;
  ordinal: number;
}

/** Bytes of a digest that are held: enough that no two requests in any real number share them. */
export const DIGEST_BYTES = 16;
const WORDS = DIGEST_BYTES / 4;

/** The first place of each of a bounded number of digests, in flat arrays: 48 bytes a digest that there is room for. */
export class DigestTable {
  readonly #mask: number;
  readonly #digests: Uint32Array;
  /** Chunk and ordinal of each slot; the chunk is one more than it is, and 0 in an empty slot. */
  readonly #places: Uint32Array;

  constructor(room: number) {
    let slots = 16;
    while (slots < 2 * room) slots *= 2;
    this.#mask = slots - 1;
    this.#digests = new Uint32Array(slots * WORDS);
    this.#places = new Uint32Array(slots * 2);
  }

  /** How many slots there are; each digest that was added has one of its own. */
  get slots(): number {
    return this.#mask + 1;
  }

  /** Notes where a digest stands. @returns the earlier place, where it came before. */
  add(digest: Buffer, { chunk, ordinal }: Place): Place | undefined {
    const words = wordsOf(digest);
    const slot = this.#slot(words);
    if (this.#isFree(slot)) {
      this.#digests.set(words, slot * WORDS);
      this.#places[2 * slot] = chunk + 1;
      this.#places[2 * slot + 1] = ordinal;
      return undefined;
    }
    return { chunk: this.#places[2 * slot]! - 1, ordinal: this.#places[2 * slot + 1]! };
  }

  /** The slot of a digest; `undefined` where it was not added. */
  find(digest: Buffer): number | undefined {
    const slot = this.#slot(wordsOf(digest));
    return this.#isFree(slot) ? undefined : slot;
  }

  #isFree(slot: number): boolean {
    return this.#places[2 * slot] === 0;
  }

  /** The slot that has the digest, or the free one that would take it. */
  #slot(words: readonly number[]): number {
    let slot = words[0]! & this.#mask;
    while (!this.#isFree(slot) && words.some((word, index) => this.#digests[slot * WORDS + index] !== word)) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }
}

const wordsOf = (digest: Buffer): number[] =>
  Array.from({ length: WORDS }, (_, word) => digest.readUInt32LE(word * 4));
