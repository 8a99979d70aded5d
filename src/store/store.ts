// store/: the port for objects under keys, and its drivers in file/ and s3/. It knows nothing of jobs. Start here.

/** What a key is written from: a text, bytes, or a stream of bytes that is never held whole. */
export type StoreSource = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface StoreEntry {
  key: string;
  /** Bytes. */
  size: number;
  modified: Date;
}

/**
 * Where documents, request bodies, results and the submission ledger live.
 *
 * A key is a relative path of segments joined by `/`, made by `keys.ts`. A key is written once
 * (`ifAbsent`) or replaced as a whole; no reader ever sees half of one, and a failed or interrupted `put` leaves
 * what stood before. Both drivers pass the conformance suite in `test/`.
 */
export interface Store {
  /** The location as a user would write it (`.anthropic-batch`, `s3://bucket/prefix`), for messages. */
  readonly location: string;

  /**
   * Writes a key whole.
   *
   * @throws {KeyExistsError} with `ifAbsent`, when the key stands already, and will after a power cut: of any number of racing
   *   writers, also in other processes, exactly one succeeds.
   */
  put(key: string, source: StoreSource, options?: { ifAbsent?: boolean }): Promise<void>;

  /**
   * Reads a key as a stream. `range` is in bytes; `end` is exclusive and may be left out.
   *
   * @throws {KeyNotFoundError} before the first byte.
   */
  open(key: string, range?: { start: number; end?: number }): Promise<AsyncIterable<Uint8Array>>;

  /** The key's size and time, or `undefined` where there is none. */
  head(key: string): Promise<StoreEntry | undefined>;

  /** All keys below a prefix that ends in `/`, in byte order of the keys. */
  list(prefix: string): AsyncIterable<StoreEntry>;

  /** The names directly below a prefix that ends in `/`, in byte order: folders only, without a slash. */
  folders(prefix: string): AsyncIterable<string>;

  /** Removes a key; no error where there is none. */
  delete(key: string): Promise<void>;
}

export class StoreError extends Error {
  override readonly name: string = 'StoreError';
  /** What Temporal may be told: the message without the words of others, which may be any. */
  readonly publicMessage: string;
  constructor(
    message: string,
    readonly key: string,
    options?: ErrorOptions & { publicMessage?: string },
  ) {
    super(message, options);
    this.publicMessage = options?.publicMessage ?? message;
  }
}

/** A text that names no store: it was given wrong, and no store was asked. */
export class StoreLocationError extends Error {
  override readonly name = 'StoreLocationError';
}

/** The value of a key cannot be used. Reading it again changes nothing: a person has to restore it. */
export class DamagedKeyError extends StoreError {
  override readonly name = 'DamagedKeyError';
  /** @param problem what is wrong with it, as the end of a sentence, without any of its text */
  constructor(
    store: Pick<Store, 'location'>,
    key: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(
      `The key ${key} in the store ${store.location} is damaged: ${problem}. ` +
        'Something other than this program wrote it: restore it from a backup.',
      key,
      options,
    );
  }
}

export class KeyExistsError extends StoreError {
  override readonly name = 'KeyExistsError';
  constructor(store: Store, key: string) {
    super(`The key ${key} exists already in the store ${store.location}.`, key);
  }
}

export class KeyNotFoundError extends StoreError {
  override readonly name = 'KeyNotFoundError';
  constructor(store: Store, key: string) {
    super(`There is no key ${key} in the store ${store.location}.`, key);
  }
}
