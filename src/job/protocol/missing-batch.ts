/** So many looks in a row, over so long: the API answers 404 also for a moment, right after a batch was made or has ended. */
const LOOKS = 12;
const LASTS = 3_600_000;

/** Counts how often in a row the API did not know a batch, or had no results of one that has ended. */
export class MissingBatch {
  #looks = 0;
  #since = 0;

  /**
   * @param now milliseconds
   * @returns whether what was looked for is gone for good.
   */
  missed(now: number): boolean {
    if (this.#looks === 0) this.#since = now;
    this.#looks += 1;
    return this.#looks >= LOOKS && now - this.#since >= LASTS;
  }

  seen(): void {
    this.#looks = 0;
  }
}
