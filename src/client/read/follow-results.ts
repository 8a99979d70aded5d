import { setTimeout as sleep } from 'node:timers/promises';
import type { JobRef } from '../../job/job';
import { EQUAL_REQUEST } from '../../job/outcome';
import { eachLine } from '../../lines/split';
import { findChunkSummary, openResults } from '../../records/chunk-results';
import { keys, resultsOf } from '../../records/keys';
import type { Store } from '../../store/store';
import type { Result } from '../types';
import { isWanted, type ResultsOptions } from './stored-results';

/** The options for following the results of a running job. */
export interface FollowOptions extends ResultsOptions {
  /**
   * Waits for further results until the job has ended, and yields those of each chunk once it has ended.
   * Default `false`.
   */
  follow?: boolean;
  /**
   * With `follow`, yields the results in input order. The results of a chunk then wait for those of all
   * chunks before it. Default `false`.
   */
  inOrder?: boolean;
  /** With `follow`, ends the waiting. The job goes on. */
  signal?: AbortSignal;
}

/** How often the store is asked for new results, in milliseconds. */
const EVERY = 2_000;

/**
 * Yields the lines of a job's results as its chunks end. A document is yielded once: not before the answer of
 * an equal request that another chunk sends, which it gets when the job ends. A line is valid until the next
 * iteration.
 *
 * @param end resolves when the job has ended, and rejects if that cannot be waited for
 */
export async function* followLines(
  store: Store,
  job: JobRef,
  { failed = false, inOrder = false, signal }: FollowOptions,
  end: Promise<unknown>,
): AsyncGenerator<Buffer> {
  let ended = false;
  const ending = end.then(() => {
    ended = true;
  });
  // It is awaited only between two reads.
  ending.catch(() => {});
  const followed = new Followed(store, job, inOrder);
  for (;;) {
    // Read before the results are listed: those that are missing then will not come.
    const last = ended;
    signal?.throwIfAborted();
    for await (const line of followed.news(last)) if (isWanted(line, failed)) yield line;
    if (last) return;
    const stop = new AbortController();
    const pause = sleep(EVERY, undefined, { signal: stop.signal }).catch(() => {});
    await Promise.race([pause, ending]);
    stop.abort();
  }
}

/** Which results of a job were yielded. */
class Followed {
  /** Chunks that were yielded, with the documents that wait for the answer of an equal request. */
  readonly #yielded = new Map<number, Set<number>>();
  readonly #store: Store;
  readonly #job: JobRef;
  readonly #inOrder: boolean;

  constructor(store: Store, job: JobRef, inOrder: boolean) {
    this.#store = store;
    this.#job = job;
    this.#inOrder = inOrder;
  }

  /** @param last the job has ended, so every line is final */
  async *news(last: boolean): AsyncGenerator<Buffer> {
    for (const chunk of await this.#landed()) {
      if (this.#yielded.has(chunk)) continue;
      if (this.#inOrder && !last && !(await this.#isNext(chunk))) return;
      yield* this.#lines(chunk, last);
    }
    if (!last) return;
    for (const [chunk, waiting] of this.#yielded) {
      if (waiting.size > 0) yield* this.#lines(chunk, last, waiting);
    }
  }

  /** Returns the chunks that have results, in order. */
  async #landed(): Promise<number[]> {
    const chunks = new Set<number>();
    for await (const { key } of this.#store.list(keys.allResults(this.#job))) {
      const found = resultsOf(key);
      if (found) chunks.add(found.chunk);
    }
    return [...chunks].sort((a, b) => a - b);
  }

  /** Returns whether all chunks before this one were yielded, and none of its own documents waits. */
  async #isNext(chunk: number): Promise<boolean> {
    if (this.#yielded.size < chunk) return false;
    const summary = await findChunkSummary(this.#store, { job: this.#job, chunk });
    return summary !== undefined && !summary.awaiting;
  }

  /** @param only the ordinals to yield. Default: all */
  async *#lines(chunk: number, last: boolean, only?: ReadonlySet<number>): AsyncGenerator<Buffer> {
    const results = await openResults(this.#store, { job: this.#job, chunk });
    // Results count only once a summary names them.
    if (!results) return;
    const waiting = new Set<number>();
    for await (const { bytes, ordinal } of eachLine(results)) {
      if (bytes.length === 0 || (only && !only.has(ordinal))) continue;
      if (!last && isWaiting(bytes)) waiting.add(ordinal);
      else yield bytes;
    }
    this.#yielded.set(chunk, waiting);
  }
}

/** Whether a line stands for the answer of an equal request, which comes when the job ends. */
function isWaiting(line: Buffer): boolean {
  if (!line.includes(EQUAL_REQUEST)) return false;
  const { status, error } = JSON.parse(line.toString('utf8')) as Result;
  return status === 'not_sent' && error.type === EQUAL_REQUEST;
}
