import fc from '../../support/fc';

/** Numbers for a path of about ten to thirty events. */
export const paths = fc.array(fc.nat({ max: 2 ** 20 }), { minLength: 30, maxLength: 120, size: 'max' });

/** Takes decisions from a list of numbers, so that fast-check can repeat a path and shrink it. */
export class Choices {
  #next = 0;

  readonly #numbers: readonly number[];

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** No number is left. */
  get spent(): boolean {
    return this.#next >= this.#numbers.length;
  }

  /** Returns one of the items. The first one is the simplest, at which shrinking ends. */
  of<T>(items: readonly T[]): T {
    const number = this.#numbers[this.#next++] ?? 0;
    return items[number % items.length]!;
  }

  /** Returns true in one of `n` cases. */
  oneIn(many: number): boolean {
    const number = this.#numbers[this.#next++] ?? 0;
    return number % many === many - 1;
  }
}
