/**
 * Misses in a row, and milliseconds that they must span. The API also answers 404 briefly, right after a
 * batch was created or has ended.
 */
const MISSES = 12;
const SPAN = 3_600_000;

/** Counts how often in a row the API did not know a batch, or had no results of a batch that has ended. */
export class MissingBatch {
  #misses = 0;
  #since = 0;

  /**
   * Counts a miss.
   *
   * @param now milliseconds
   * @returns whether the batch or its results are permanently gone
   */
  missed(now: number): boolean {
    if (this.#misses === 0) this.#since = now;
    this.#misses += 1;
    return this.#misses >= MISSES && now - this.#since >= SPAN;
  }

  seen(): void {
    this.#misses = 0;
  }
}
