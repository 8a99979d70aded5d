/** The most hashes held at a time: 32 MB. */
const LIMIT = 4_000_000;

/**
 * Finds repeated hashes among any number of 64-bit hashes, in constant memory. Each pass over all hashes
 * keeps those of one residue class. The first pass determines the number of passes.
 *
 * The sieve finds every repeated hash. A repeated hash is only a suspicion: two different ids may have the
 * same hash.
 */
export class IdSieve {
  /** The low words of repeated hashes that were not taken yet. */
  #suspects = new Set<number>();
  /** Pairs of low and high word. */
  #words = new Uint32Array(2 * 4_096);
  #held = 0;
  #residue = 0;
  #modulus = 1;

  readonly #limit: number;

  constructor(limit = LIMIT) {
    this.#limit = limit;
  }

  add(low: number, high: number): void {
    if ((low & (this.#modulus - 1)) !== this.#residue) return;
    if (2 * this.#held === this.#words.length) {
      this.#makeSpace();
      if ((low & (this.#modulus - 1)) !== this.#residue) return;
    }
    this.#words[2 * this.#held] = low;
    this.#words[2 * this.#held + 1] = high;
    this.#held++;
  }

  get suspicions(): number {
    return this.#suspects.size;
  }

  /** Returns the low words of the repeated hashes found since the last call. */
  takeSuspects(): Set<number> {
    const taken = this.#suspects;
    this.#suspects = new Set();
    return taken;
  }

  /** Ends a pass. @returns whether another one is needed. */
  endPass(): boolean {
    this.#sift();
    this.#held = 0;
    this.#residue++;
    return this.#residue < this.#modulus;
  }

  #makeSpace(): void {
    this.#sift();
    // Only the first pass may raise the modulus: later passes must cover what it left out.
    while (this.#residue === 0 && this.#held > this.#limit / 2 && this.#words.length >= 2 * this.#limit) {
      this.#modulus *= 2;
      this.#keepResidue();
    }
    if (2 * this.#held > this.#words.length / 2) {
      const larger = new Uint32Array(2 * this.#words.length);
      larger.set(this.#words);
      this.#words = larger;
    }
  }

  /** Sorts the held hashes, records repeated ones and keeps one of each. */
  #sift(): void {
    const words = this.#words;
    const held = this.#held;
    new BigUint64Array(words.buffer, 0, held).sort();
    let kept = 0;
    for (let i = 0; i < held; i++) {
      const low = words[2 * i]!;
      const high = words[2 * i + 1]!;
      if (kept > 0 && words[2 * kept - 2] === low && words[2 * kept - 1] === high) {
        this.#suspects.add(low);
        continue;
      }
      words[2 * kept] = low;
      words[2 * kept + 1] = high;
      kept++;
    }
    this.#held = kept;
  }

  #keepResidue(): void {
    const words = this.#words;
    const held = this.#held;
    const modulus = this.#modulus;
    const residue = this.#residue;
    let kept = 0;
    for (let i = 0; i < held; i++) {
      const low = words[2 * i]!;
      if ((low & (modulus - 1)) !== residue) continue;
      words[2 * kept] = low;
      words[2 * kept + 1] = words[2 * i + 1]!;
      kept++;
    }
    this.#held = kept;
  }
}

/**
 * Computes a 64-bit hash of some bytes, as two words. Not cryptographic: the ids behind equal hashes are
 * compared, so a collision only costs time.
 */
export function hashBytes(
  bytes: Uint8Array,
  from: number,
  to: number,
  use: (low: number, high: number) => void,
): void {
  let a = 0x9e3779b9;
  let b = 0x7f4a7c15;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    a = Math.imul(a ^ byte, 0x85ebca6b);
    a = (a << 13) | (a >>> 19);
    b = Math.imul(b ^ byte, 0xc2b2ae35);
    b = (b << 17) | (b >>> 15);
  }
  a = mix(a ^ (to - from));
  b = mix(b ^ a);
  use(mix(a + b) >>> 0, b >>> 0);
}

/** Applies the last step of MurmurHash3: each input bit changes about half of the output bits. */
function mix(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
