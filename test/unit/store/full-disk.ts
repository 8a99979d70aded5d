import { fileError } from '../../../src/store/file/file-errors';
import type { Store, StoreSource } from '../../../src/store/store';

/**
 * A store whose disk is full during its `at`th write, after half of the value, and has space again
 * afterwards.
 */
export class FullDisk {
  /** The key of the failed write. */
  failed: string | undefined;
  #writes = 0;

  readonly #inner: Store;
  readonly #at: number;

  constructor(inner: Store, at: number) {
    this.#inner = inner;
    this.#at = at;
  }

  get store(): Store {
    return new Proxy(this.#inner, {
      get: (target, name) => {
        if (name === 'put') return this.#put;
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  #put = (key: string, source: StoreSource, options?: { ifAbsent?: boolean }): Promise<void> => {
    this.#writes += 1;
    if (this.#writes !== this.#at) return this.#inner.put(key, source, options);
    this.failed = key;
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const error = fileError(this.#inner, key, 'write', full);
    const pieces =
      typeof source === 'string' || source instanceof Uint8Array ? [Buffer.from(source)] : source;
    async function* half() {
      for await (const piece of pieces) {
        yield piece.subarray(0, piece.length >> 1);
        throw error;
      }
      throw error;
    }
    return this.#inner.put(key, half(), options);
  };
}
