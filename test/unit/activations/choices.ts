import fc from '../../support/fc';

/** Numbers for a path of some ten to thirty events. */
export const paths = fc.array(fc.nat({ max: 2 ** 20 }), { minLength: 30, maxLength: 120, size: 'max' });

/** Decisions taken from a list of numbers, so that fast-check can repeat a path and make it smaller. */
export class Choices {
  #next = 0;

  readonly #numbers: readonly number[];

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** Nothing is left to decide by. */
  get spent(): boolean {
    return this.#next >= this.#numbers.length;
  }

  /** One of the items. The first one is the plainest: what is made smaller ends there. */
  of<T>(items: readonly T[]): T {
    const number = this.#numbers[this.#next++] ?? 0;
    return items[number % items.length]!;
  }

  /** Whether the case comes, that is one of so many. */
  oneIn(many: number): boolean {
    const number = this.#numbers[this.#next++] ?? 0;
    return number % many === many - 1;
  }
}
