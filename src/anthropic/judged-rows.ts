import { hash } from 'node:crypto';
import { MOST_REQUESTS } from '../job/limits';
import { MOST_NAMED, type OddCounts, type OddKind, type OddRow } from '../job/odd-results';
import { classify, isUnpaid } from '../job/outcome';
import { type Line, lines } from '../lines/split';
import type { OwedRows } from './owed-rows';
import { type Reading, type ResultRow, readLine, withoutMark } from './results';

/** How good a line is as the outcome of its document; a better one takes the place of a worse one. */
const RANK = { broken: 1, unreadable: 2, failed: 3, succeeded: 4 } as const;
type Rank = (typeof RANK)[keyof typeof RANK];

/** What a row says of its request, where it may be sent again. */
const TRANSIENT = 1;
const UNPAID = 2;

/** A line that became the outcome of its document, for now. */
export interface Taken {
  /** Of its document among those that are owed. */
  number: number;
  /** What it says, where it can be understood. */
  row?: ResultRow;
  /** The line, without a byte order mark. */
  line: Line;
}

/** What of a download cannot be used, with the reason. */
export interface UnusableRow extends OddRow {
  /** Bytes from the beginning of the download. */
  start: number;
  length: number;
  /** The beginning of the line. */
  text: string;
}

const TEXT = 1_000;

/**
 * Judges the rows of a batch's results one at a time, over one download or more: a row decides for its own document, and for
 * no other. Nothing that a row holds makes it throw.
 */
export class JudgedRows {
  readonly #odd: OddCounts = {};
  readonly #named: UnusableRow[] = [];
  /** Lines that cannot be understood, by document, as long as no better one came. */
  readonly #unreadable = new Map<number, UnusableRow>();
  readonly #rank = new Uint8Array(MOST_REQUESTS);
  readonly #again = new Uint8Array(MOST_REQUESTS);
  /** Of the line that was the first of its document in the present download. */
  readonly #digest = new Float64Array(MOST_REQUESTS);
  readonly #seen = new Uint16Array(MOST_REQUESTS);
  #download = 1;
  /** Lines of all downloads, and the sum of their digests: the same for the same lines in whatever order. */
  #lines = 0;
  #sum = 0;

  constructor(readonly owed: OwedRows) {}

  /** The next download begins: its rows may be those of an earlier one. */
  next(): void {
    this.#download += 1;
  }

  /** Passes a download through as it is, and judges its lines on the way. */
  async *through(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    // The splitter reads the same pieces that are passed on: one pass, and nothing held but the current line.
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

  /** Judges one line. @returns `undefined` where its document has an outcome that is as good, and where it is no row of ours. */
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
        return this.#unusable('repeated', line, 'The row came before, the same to the byte.', customId);
      }
      const why = 'The row came before and says something else. An answer counts, else the first of them.';
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

  /** Documents whose row came, readable or not. */
  get rows(): number {
    return this.#count((rank) => rank >= RANK.unreadable);
  }

  get succeeded(): number {
    return this.#count((rank) => rank === RANK.succeeded);
  }

  /** Numbers of documents that are owed and whose row did not come, in order. Empty where only the results tell what is owed. */
  missing(): number[] {
    return (this.owed.all ?? []).filter((number) => this.#rank[number]! < RANK.unreadable);
  }

  /** Numbers of documents whose row came, if only in part, and cannot be understood, in order. */
  unreadable(): number[] {
    return numbers(this.#rank, (rank) => rank === RANK.broken || rank === RANK.unreadable);
  }

  /** Numbers of documents whose request may be paid for, and whose answer did not come. */
  lost(): number[] {
    const missing = (this.owed.all ?? []).filter((number) => this.#rank[number] === 0);
    return [...missing, ...this.unreadable()].sort((a, b) => a - b);
  }

  /** Numbers of documents whose request failed for now and may be sent again, in order; those that the account could not pay for among them. */
  transient(): number[] {
    return numbers(this.#again, (again) => again !== 0);
  }

  /** Those that the account could not pay for, in order. */
  unpaid(): number[] {
    return numbers(this.#again, (again) => again === UNPAID);
  }

  /** The same for the same lines, in whatever order they come. */
  get fingerprint(): string {
    return `${this.#lines}-${this.#sum.toString(16)}`;
  }

  /** What is odd: all is counted, and the first of each kind are named. */
  odd(): { counts: OddCounts; named: (OddRow | UnusableRow)[] } {
    const missing = (this.owed.all ?? []).filter((number) => this.#rank[number] === 0);
    const { length: unreadable } = this.unreadable();
    const counts = { ...this.#odd };
    if (missing.length > 0) counts.missing = missing.length;
    if (unreadable > 0) counts.unreadable = unreadable;
    const named: (OddRow | UnusableRow)[] = missing.slice(0, MOST_NAMED).map((number) => ({
      kind: 'missing',
      custom_id: this.owed.customIdOf(number),
      why: 'No row came for this request.',
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

/** Digests have 48 bits: two of them add up without rounding. */
const DIGESTS = 2 ** 48;

const digestOf = (bytes: Buffer): number => hash('sha1', bytes, 'buffer').readUIntBE(0, 6);
