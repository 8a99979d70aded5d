import { KeyExistsError, KeyNotFoundError, type Store, type StoreSource } from '../../src/store/store';

/** A store in memory whose contents tests can read. `pieceSize`: bytes that a read yields at a time. */
export class MemoryStore implements Store {
  readonly location = 'memory';
  readonly entries = new Map<string, Buffer>();
  /** When each key was written: its time is the number of the put. */
  readonly #written = new Map<string, number>();
  #puts = 0;

  readonly #pieceSize: number;

  constructor(pieceSize = 64 * 1024) {
    this.#pieceSize = pieceSize;
  }

  async put(key: string, source: StoreSource, options: { ifAbsent?: boolean } = {}): Promise<void> {
    const pieces: Uint8Array[] = [];
    if (typeof source === 'string' || source instanceof Uint8Array) pieces.push(Buffer.from(source));
    else for await (const piece of source) pieces.push(Uint8Array.from(piece));
    if (options.ifAbsent && this.entries.has(key)) throw new KeyExistsError(this, key);
    this.entries.set(key, Buffer.concat(pieces));
    this.#written.set(key, ++this.#puts);
  }

  async open(key: string, range: { start: number; end?: number } = { start: 0 }) {
    const bytes = this.entries.get(key)?.subarray(range.start, range.end);
    if (!bytes) throw new KeyNotFoundError(this, key);
    const pieceSize = this.#pieceSize;
    return (async function* () {
      for (let at = 0; at < bytes.length; at += pieceSize) yield bytes.subarray(at, at + pieceSize);
    })();
  }

  async head(key: string) {
    const bytes = this.entries.get(key);
    return bytes && { key, size: bytes.length, modified: new Date(this.#written.get(key) ?? 0) };
  }

  async *list(prefix: string) {
    for (const key of [...this.entries.keys()].sort()) {
      if (key.startsWith(prefix)) yield (await this.head(key))!;
    }
  }

  async *folders(prefix: string) {
    const names = new Set<string>();
    for await (const { key } of this.list(prefix)) {
      const [name, rest] = key.slice(prefix.length).split('/', 2);
      if (rest !== undefined) names.add(name!);
    }
    yield* names;
  }

  /** Sets when a key was written. */
  date(key: string, written: Date): void {
    this.#written.set(key, written.getTime());
  }

  async delete(key: string): Promise<void> {
    this.entries.delete(key);
  }

  /** Returns a key's text. */
  text(key: string): string {
    const bytes = this.entries.get(key);
    if (!bytes) throw new KeyNotFoundError(this, key);
    return bytes.toString('utf8');
  }
}
