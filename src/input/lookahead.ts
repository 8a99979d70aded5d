/**
 * A stream of batches read one item at a time, with a look at the next item before it is taken. Whoever reads awaits once a
 * batch and not once an item.
 */
export class Lookahead<T> {
  readonly #batches: AsyncIterator<Iterable<T>>;
  #items: Iterator<T> | undefined;
  #ahead: T | undefined;

  constructor(source: AsyncIterable<Iterable<T>>) {
    this.#batches = source[Symbol.asyncIterator]();
  }

  /** The next item where it is at hand; else `undefined`, and `fill` knows more. */
  peek(): T | undefined {
    if (this.#ahead === undefined) this.#ahead = this.#items?.next().value;
    return this.#ahead;
  }

  /** The next item, or `undefined` at the end of the stream. */
  async fill(): Promise<T | undefined> {
    while (this.peek() === undefined) {
      const { value, done } = await this.#batches.next();
      if (done) return undefined;
      this.#items = value[Symbol.iterator]();
    }
    return this.#ahead;
  }

  /** Takes the item that was looked at. */
  take(): void {
    this.#ahead = undefined;
  }

  /** Ends the stream early. */
  async close(): Promise<void> {
    await this.#batches.return?.();
  }
}
