import { AsyncLocalStorage } from 'node:async_hooks';
import type { Store, StoreSource } from '../../src/store/store';

/** The keys that a step read, so that an error caused by their contents can name them. */
class Reads {
  /** The key that was opened last. */
  last: string | undefined;
  /** Keys whose reading was interrupted, as by an error in the middle of a file. */
  readonly brokenOff = new Set<string>();
}

const current = new AsyncLocalStorage<Reads>();

/**
 * Runs a step. If it fails, passes the keys that it was reading to `failed`.
 *
 * @throws what `failed` throws
 */
export function namingReads<T>(
  work: () => Promise<T>,
  failed: (error: unknown, reading: string[]) => Promise<never>,
): Promise<T> {
  const reads = new Reads();
  return current.run(reads, async () => {
    try {
      return await work();
    } catch (error) {
      const { last, brokenOff } = reads;
      const whole = last === undefined ? [] : [last];
      return await failed(error, brokenOff.size > 0 ? [...brokenOff].slice(-MOST_NAMED) : whole);
    }
  });
}

const MOST_NAMED = 3;

/** A store that records what steps inside `namingReads` read. */
export class WatchedStore implements Store {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get location(): string {
    return this.#store.location;
  }

  put(key: string, source: StoreSource, options?: { ifAbsent?: boolean }): Promise<void> {
    return this.#store.put(key, source, options);
  }

  async open(key: string, range?: { start: number; end?: number }): Promise<AsyncIterable<Uint8Array>> {
    const reads = current.getStore();
    if (reads) reads.last = key;
    const stream = await this.#store.open(key, range);
    return reads ? watched(stream, key, reads) : stream;
  }

  head(key: string): ReturnType<Store['head']> {
    return this.#store.head(key);
  }

  list(prefix: string): ReturnType<Store['list']> {
    return this.#store.list(prefix);
  }

  folders(prefix: string): AsyncIterable<string> {
    return this.#store.folders(prefix);
  }

  delete(key: string): Promise<void> {
    return this.#store.delete(key);
  }
}

async function* watched(
  stream: AsyncIterable<Uint8Array>,
  key: string,
  reads: Reads,
): AsyncGenerator<Uint8Array> {
  let whole = false;
  try {
    yield* stream;
    whole = true;
  } finally {
    if (!whole) reads.brokenOff.add(key);
  }
}
