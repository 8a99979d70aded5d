import type { JobRef } from '../../src/job/job';
import { readControl } from '../../src/records/control';
import type { Store } from '../../src/store/store';

/**
 * Milliseconds for which a read of the store is reused. After a pause, sending stops within that time and
 * that of the calls in flight.
 */
const FRESH = 1_000;

/** Thrown when work stops because the job is paused. `requests` is the number of control requests so far. */
export class JobPaused extends Error {
  constructor(readonly requests: number) {
    super('The job is paused.');
  }
}

/** Detects that a job is paused while an activity sends its requests. */
export class PauseWatch {
  #asked = Number.NEGATIVE_INFINITY;

  readonly #store: Store;
  readonly #job: JobRef;

  constructor(store: Store, job: JobRef) {
    this.#store = store;
    this.#job = job;
  }

  /** @throws {JobPaused} */
  async assertRunning(): Promise<void> {
    const now = performance.now();
    if (now - this.#asked < FRESH) return;
    this.#asked = now;
    const { paused, requests } = await readControl(this.#store, this.#job);
    if (!paused) return;
    this.#asked = Number.NEGATIVE_INFINITY;
    throw new JobPaused(requests);
  }
}
