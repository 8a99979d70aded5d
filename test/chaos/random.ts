import { createHash } from 'node:crypto';

/**
 * A stream of numbers determined by its seed. Streams with other labels are independent of how much was drawn
 * from this one.
 */
export class Random {
  #state: number;

  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;

    this.#state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  }

  of(label: string | number): Random {
    return new Random(`${this.#seed}/${label}`);
  }

  /** Returns a number in [0, 1), by mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Returns a whole number, both ends included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.int(0, values.length - 1)]!;
  }

  /** Returns a gap between two independent events with this average distance. */
  gap(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }
}
