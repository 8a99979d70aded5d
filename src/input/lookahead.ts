/**
 * Reads a stream of batches one item at a time, and allows to peek at the next item. The reader awaits once
 * per batch, not once per item.
 */
export class Lookahead<T> {
  readonly #batches: AsyncIterator<Iterable<T>>;
  #items: Iterator<T> | undefined;
  #ahead: T | undefined;

  constructor(source: AsyncIterable<Iterable<T>>) {
    this.#batches = source[Symbol.asyncIterator]();
  }

  /** Returns the next item if it is buffered, else `undefined`. Then call `fill`. */
  peek(): T | undefined {
    if (this.#ahead === undefined) this.#ahead = this.#items?.next().value;
    return this.#ahead;
  }

  /** Returns the next item, or `undefined` at the end of the stream. */
  async fill(): Promise<T | undefined> {
    while (this.peek() === undefined) {
      const { value, done } = await this.#batches.next();
      if (done) return undefined;
      this.#items = value[Symbol.iterator]();
    }
    return this.#ahead;
  }

  /** Takes the peeked item. */
  take(): void {
    this.#ahead = undefined;
  }

  /** Ends the stream early. */
  async close(): Promise<void> {
    await this.#batches.return?.();
  }
}
