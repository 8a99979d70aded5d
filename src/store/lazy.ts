import { opener } from './location';
import type { Store, StoreEntry, StoreSource } from './store';

/** A store by its location. It opens on first use, so that constructing a plugin does not wait. */
class LazyStore implements Store {
  readonly #open: () => Promise<Store>;
  #opened: Promise<Store> | undefined;

  constructor(
    readonly location: string,
    option: string,
  ) {
    this.#open = opener(location, option);
  }

  async put(key: string, source: StoreSource, options?: { ifAbsent?: boolean }): Promise<void> {
    return (await this.#store()).put(key, source, options);
  }

  async open(key: string, range?: { start: number; end?: number }): Promise<AsyncIterable<Uint8Array>> {
    return (await this.#store()).open(key, range);
  }

  async head(key: string): Promise<StoreEntry | undefined> {
    return (await this.#store()).head(key);
  }

  async *list(prefix: string): AsyncIterable<StoreEntry> {
    yield* (await this.#store()).list(prefix);
  }

  async *folders(prefix: string): AsyncIterable<string> {
    yield* (await this.#store()).folders(prefix);
  }

  async delete(key: string): Promise<void> {
    return (await this.#store()).delete(key);
  }

  #store(): Promise<Store> {
    this.#opened ??= this.#open().catch((error) => {
      // A store that could not be opened may be available the next time.
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }
}

/**
 * @param option the name of the option that gives the location
 * @throws {StoreLocationError} if the location cannot be opened
 */
export function lazyStore(location: string | Store, option: string): Store {
  return typeof location === 'string' ? new LazyStore(location, option) : location;
}
