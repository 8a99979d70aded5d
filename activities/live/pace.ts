import { setTimeout as sleep } from 'node:timers/promises';
import { ApiCallError, type ApiFailure } from '../../src/anthropic/errors';
import { backoff } from '../../src/job/poll';

/** Milliseconds. What takes longer is waited for in the workflow, where it shows. */
const PAUSES = { pollFloor: 250, pollCeiling: 60_000 };
const MOST = 8;

/** Makes calls wait together while the API takes no more for now. */
export class Pace {
  #until = 0;
  /** Pauses since a call last passed. */
  #pauses = 0;

  async ready(signal: AbortSignal): Promise<void> {
    for (let left = this.#left(); left > 0; left = this.#left()) await sleep(left, undefined, { signal });
    signal.throwIfAborted();
  }

  passed(): void {
    this.#pauses = 0;
  }

  /** @throws {ApiCallError} where it is too long or too often for a step to wait. */
  refused(failure: ApiFailure): void {
    const { retryAfter = 0 } = failure;
    if (retryAfter > PAUSES.pollCeiling) throw new ApiCallError(failure);
    // Those that were refused together wait once.
    if (this.#left() <= 0) this.#pauses += 1;
    if (this.#pauses > MOST) throw new ApiCallError(failure);
    const pause = backoff(this.#pauses - 1, PAUSES, { atLeast: retryAfter, spread: Math.random() });
    this.#until = Math.max(this.#until, performance.now() + pause);
  }

  #left(): number {
    return Math.ceil(this.#until - performance.now());
  }
}
