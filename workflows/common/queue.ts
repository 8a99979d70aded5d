/** A queue of events, for the one loop that takes them. */
export class Queue<T> {
  readonly #entries: T[] = [];
  #arrived: (() => void) | undefined;

  put(entry: T): void {
    this.#entries.push(entry);
    this.#arrived?.();
  }

  /** Waits for the next entry. A cancellation of the workflow does not end the wait. */
  async take(): Promise<T> {
    while (this.#entries.length === 0) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
    return this.#entries.shift()!;
  }
}
