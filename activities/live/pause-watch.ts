import type { JobRef } from '../../src/job/job';
import { readControl } from '../../src/records/control';
import type { Store } from '../../src/store/store';

/** How long an answer of the store is used: a pause ends sending within that, and within the calls in flight. */
const FRESH = 1_000;

/** Thrown where work stops because its job is paused, as of so many requests of people. */
export class JobPaused extends Error {
  constructor(readonly requests: number) {
    super('The job is paused.');
  }
}

/** Notices that a job is paused while one activity sends its requests. */
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
