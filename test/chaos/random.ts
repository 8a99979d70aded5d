import { createHash } from 'node:crypto';

/** A stream of numbers that its seed decides. Streams of other labels do not depend on how much of this one was drawn. */
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

  /** In [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.int(0, values.length - 1)]!;
  }

  /** A gap between two events that come independently, so many apart on average. */
  gap(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }
}
