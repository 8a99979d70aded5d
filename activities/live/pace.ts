import { setTimeout as sleep } from 'node:timers/promises';
import { ApiCallError, type ApiFailure } from '../../src/anthropic/api-failure';
import { backoff } from '../../src/job/poll';

/** Milliseconds. Longer waits happen in the workflow, where they are visible. */
const PAUSES = { pollFloor: 250, pollCeiling: 60_000 };
const MOST = 8;

/** Makes all calls wait while the API accepts no more for now. */
export class Pace {
  #until = 0;
  /** Pauses since the last successful call. */
  #pauses = 0;

  async ready(signal: AbortSignal): Promise<void> {
    for (let left = this.#left(); left > 0; left = this.#left()) await sleep(left, undefined, { signal });
    signal.throwIfAborted();
  }

  passed(): void {
    this.#pauses = 0;
  }

  /** @throws {ApiCallError} if the wait is too long, or occurs too often, for a step */
  refused(failure: ApiFailure): void {
    const { retryAfter = 0 } = failure;
    if (retryAfter > PAUSES.pollCeiling) throw new ApiCallError(failure);
    // Calls that were refused together count as one pause.
    if (this.#left() <= 0) this.#pauses += 1;
    if (this.#pauses > MOST) throw new ApiCallError(failure);
    const pause = backoff(this.#pauses - 1, PAUSES, { atLeast: retryAfter, spread: Math.random() });
    this.#until = Math.max(this.#until, performance.now() + pause);
  }

  #left(): number {
    return Math.ceil(this.#until - performance.now());
  }
}
