/** The position of a request in a job. */
export interface Place {
  chunk: number;
  ordinal: number;
}

/** The bytes of a digest that are kept. Collisions are practically impossible with 16. */
export const DIGEST_BYTES = 16;
const WORDS = DIGEST_BYTES / 4;

/** A hash table with the first place of each digest, in flat arrays of 48 bytes per digest of capacity. */
export class DigestTable {
  readonly #mask: number;
  readonly #digests: Uint32Array;
  /** Chunk plus one, and ordinal, of each slot. The first is 0 in an empty slot. */
  readonly #places: Uint32Array;

  constructor(capacity: number) {
    let slots = 16;
    while (slots < 2 * capacity) slots *= 2;
    this.#mask = slots - 1;
    this.#digests = new Uint32Array(slots * WORDS);
    this.#places = new Uint32Array(slots * 2);
  }

  /** The number of slots. Each added digest has its own slot. */
  get slots(): number {
    return this.#mask + 1;
  }

  /** Adds a digest's place. @returns the earlier place if the digest was added before. */
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

  /** Returns the slot of a digest, or `undefined` if it was not added. */
  find(digest: Buffer): number | undefined {
    const slot = this.#slot(wordsOf(digest));
    return this.#isFree(slot) ? undefined : slot;
  }

  #isFree(slot: number): boolean {
    return this.#places[2 * slot] === 0;
  }

  /** Returns the slot that has the digest, or the free slot for it. */
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
