import { hash } from 'node:crypto';
import { MOST_REQUESTS } from '../job/limits';
import { MOST_NAMED, type OddCounts, type OddKind, type OddRow } from '../job/odd-results';
import { classify, isUnpaid } from '../job/outcome';
import { type Line, lines } from '../lines/split';
import type { OwedRows } from './owed-rows';
import { type Reading, type ResultRow, readLine, withoutMark } from './results';

/** The rank of a line as the outcome of its document. A line replaces one of a lower rank. */
const RANK = { broken: 1, unreadable: 2, failed: 3, succeeded: 4 } as const;
type Rank = (typeof RANK)[keyof typeof RANK];

/** Kinds of rows whose request may be resent. */
const TRANSIENT = 1;
const UNPAID = 2;

/** A line that became the current outcome of its document. */
export interface Taken {
  /** Number of the document among the expected ones. */
  number: number;
  /** The row, if it can be understood. */
  row?: ResultRow;
  /** The line, without a byte order mark. */
  line: Line;
}

/** An unusable row of a download, with the reason. */
export interface UnusableRow extends OddRow {
  /** Offset in the download, in bytes. */
  start: number;
  length: number;
  /** The beginning of the line. */
  text: string;
}

const TEXT = 1_000;

/**
 * Judges the rows of a batch's results one at a time, over one or more downloads. A row decides only its own
 * document. No content of a row makes it throw.
 */
export class JudgedRows {
  readonly #odd: OddCounts = {};
  readonly #named: UnusableRow[] = [];
  /** Lines that cannot be understood, by document, until a better one comes. */
  readonly #unreadable = new Map<number, UnusableRow>();
  readonly #rank = new Uint8Array(MOST_REQUESTS);
  readonly #again = new Uint8Array(MOST_REQUESTS);
  /** Digest of the first line of a document in the current download. */
  readonly #digest = new Float64Array(MOST_REQUESTS);
  readonly #seen = new Uint16Array(MOST_REQUESTS);
  #download = 1;
  /** Number of lines of all downloads, and the sum of their digests: independent of the lines' order. */
  #lines = 0;
  #sum = 0;

  constructor(readonly owed: OwedRows) {}

  /** Begins the next download. Its rows may repeat those of an earlier one. */
  next(): void {
    this.#download += 1;
  }

  /** Passes a download through unchanged, and judges its lines. */
  async *through(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    // The splitter reads the same pieces that are passed on, so one pass suffices and only the current line
    // is held.
    const pieces: Uint8Array[] = [];
    const tapped = async function* () {
      for await (const piece of source) {
        pieces.push(piece);
        yield piece;
      }
    };
    for await (const batch of lines(tapped())) {
      for (const line of batch) this.take(line);
      yield* pieces.splice(0);
    }
    yield* pieces.splice(0);
  }

  /**
   * Judges one line. @returns `undefined` if its document has an outcome that is as good, or if it is not one
   * of our rows
   */
  take(whole: Line): Taken | undefined {
    const line = withoutMark(whole);
    if (line.bytes.length === 0) return undefined;
    const digest = digestOf(line.bytes);
    this.#lines += 1;
    this.#sum = (this.#sum + digest) % DIGESTS;

    const reading = readLine(line.bytes);
    const customId = reading.kind === 'row' ? reading.row.customId : customIdOf(reading);
    if (customId === undefined) return this.#unusable('stray', line, whyOf(reading));
    const number = this.owed.numberOf(customId);
    if (typeof number === 'string') return this.#unusable('foreign', line, number, customId);

    const rank = rankOf(reading);
    if (this.#seen[number] === this.#download) {
      if (this.#digest[number] === digest) {
        return this.#unusable('repeated', line, 'The row is a repetition, byte for byte.', customId);
      }
      const why = 'The row contradicts an earlier one. An answer counts, or else the first of them.';
      this.#unusable('contradicting', line, why, customId);
    }
    this.#seen[number] = this.#download;
    this.#digest[number] = digest;
    if (rank <= this.#rank[number]!) return undefined;
    this.#rank[number] = rank;
    this.#again[number] = reading.kind === 'row' ? againOf(reading.row) : 0;
    if (reading.kind === 'row') this.#unreadable.delete(number);
    else if (this.#unreadable.size < MOST_NAMED) {
      this.#unreadable.set(number, unusable('unreadable', line, whyOf(reading), customId));
    }
    const row = reading.kind === 'row' ? reading.row : undefined;
    return { number, row, line };
  }

  /** Number of documents that have a row, readable or not. */
  get rows(): number {
    return this.#count((rank) => rank >= RANK.unreadable);
  }

  get succeeded(): number {
    return this.#count((rank) => rank === RANK.succeeded);
  }

  /**
   * Returns the numbers of expected documents without a row, in order. Empty if only the results show what to
   * expect.
   */
  missing(): number[] {
    return (this.owed.all ?? []).filter((number) => this.#rank[number]! < RANK.unreadable);
  }

  /**
   * Returns the numbers of documents whose row, or part of it, arrived and cannot be understood, in order.
   */
  unreadable(): number[] {
    return numbers(this.#rank, (rank) => rank === RANK.broken || rank === RANK.unreadable);
  }

  /** Returns the numbers of documents without an answer whose request may be paid for. */
  lost(): number[] {
    const missing = (this.owed.all ?? []).filter((number) => this.#rank[number] === 0);
    return [...missing, ...this.unreadable()].sort((a, b) => a - b);
  }

  /**
   * Returns the numbers of documents whose request failed temporarily and may be resent, in order, including
   * unpaid ones.
   */
  transient(): number[] {
    return numbers(this.#again, (again) => again !== 0);
  }

  /** Returns the numbers of those that the account could not pay for, in order. */
  unpaid(): number[] {
    return numbers(this.#again, (again) => again === UNPAID);
  }

  /** A fingerprint of the lines, independent of their order. */
  get fingerprint(): string {
    return `${this.#lines}-${this.#sum.toString(16)}`;
  }

  /** Returns the odd rows: all are counted, and the first of each kind are named. */
  odd(): { counts: OddCounts; named: (OddRow | UnusableRow)[] } {
    const missing = (this.owed.all ?? []).filter((number) => this.#rank[number] === 0);
    const { length: unreadable } = this.unreadable();
    const counts = { ...this.#odd };
    if (missing.length > 0) counts.missing = missing.length;
    if (unreadable > 0) counts.unreadable = unreadable;
    const named: (OddRow | UnusableRow)[] = missing.slice(0, MOST_NAMED).map((number) => ({
      kind: 'missing',
      custom_id: this.owed.customIdOf(number),
      why: 'This request has no row.',
    }));
    return { counts, named: [...named, ...this.#unreadable.values(), ...this.#named] };
  }

  #count(wanted: (rank: number) => boolean): number {
    let count = 0;
    for (let number = 0; number < MOST_REQUESTS; number += 1) if (wanted(this.#rank[number]!)) count += 1;
    return count;
  }

  #unusable(kind: OddKind, line: Line, why: string, customId?: string): undefined {
    this.#odd[kind] = (this.#odd[kind] ?? 0) + 1;
    if (this.#named.length < MOST_NAMED) this.#named.push(unusable(kind, line, why, customId));
  }
}

function unusable(kind: OddKind, { bytes, start }: Line, why: string, custom_id?: string): UnusableRow {
  const text = bytes.toString('utf8', 0, TEXT);
  return { kind, custom_id, why, start, length: bytes.length, text };
}

function customIdOf(reading: Exclude<Reading, { kind: 'row' }>): string | undefined {
  return reading.kind === 'stray' ? undefined : reading.customId;
}

const whyOf = (reading: Reading): string => ('why' in reading ? reading.why : '');

function rankOf(reading: Reading): Rank {
  if (reading.kind === 'row') return reading.row.status === 'succeeded' ? RANK.succeeded : RANK.failed;
  return reading.kind === 'unreadable' ? RANK.unreadable : RANK.broken;
}

function againOf(row: ResultRow): number {
  if (classify(row) !== 'transient') return 0;
  return isUnpaid(row) ? UNPAID : TRANSIENT;
}

function numbers(values: Uint8Array, wanted: (value: number) => boolean): number[] {
  const found: number[] = [];
  for (let number = 0; number < values.length; number += 1) if (wanted(values[number]!)) found.push(number);
  return found;
}

/** Number of digests. They have 48 bits, so that two of them add up without rounding. */
const DIGESTS = 2 ** 48;

const digestOf = (bytes: Buffer): number => hash('sha1', bytes, 'buffer').readUIntBE(0, 6);
