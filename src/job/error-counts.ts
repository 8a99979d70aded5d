/** The number of documents with one kind of error. */
export interface ErrorCount {
  /** `error.type` of the results. */
  type: string;
  /** `error.message` of one document, cut to 300 characters. The others may differ in numbers. */
  message: string;
  documents: number;
}

/** Kinds listed per type. The rest of the type is counted together. */
const MOST = 50;
const LONGEST = 300;
const REST = 'other messages';

/** Counts errors by type and message, in bounded space. Messages that differ only in numbers are one kind. */
export class ErrorCounts {
  readonly #kinds = new Map<string, ErrorCount>();

  add(type: string, message: string, documents = 1): void {
    const kind = this.#kindOf(type, message);
    kind.documents += documents;
  }

  addAll(counts: readonly ErrorCount[] = []): void {
    for (const { type, message, documents } of counts) this.add(type, message, documents);
  }

  /** The counts, most frequent first; `undefined` if there are none. */
  get counts(): ErrorCount[] | undefined {
    if (this.#kinds.size === 0) return undefined;
    return [...this.#kinds.values()].sort((a, b) => b.documents - a.documents);
  }

  #kindOf(type: string, message: string): ErrorCount {
    const shown = message.length > LONGEST ? `${message.slice(0, LONGEST - 1)}…` : message;
    const known = this.#kinds.get(keyOf(type, shown));
    if (known) return known;
    if (this.#kinds.size < MOST || shown === REST) return this.#put(type, shown);
    return this.#kinds.get(keyOf(type, REST)) ?? this.#put(this.#kinds.size < 2 * MOST ? type : '', REST);
  }

  #put(type: string, message: string): ErrorCount {
    const key = keyOf(type, message);
    const kind = this.#kinds.get(key) ?? { type, message, documents: 0 };
    this.#kinds.set(key, kind);
    return kind;
  }
}

const keyOf = (type: string, message: string) => `${type}\n${message.replace(/\d+/g, '0')}`;
