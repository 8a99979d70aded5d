import { parseCustomId } from '../job/custom-id';
import { MOST_REQUESTS } from '../job/limits';
import { classify, isUnpaid } from '../job/outcome';
import { type Line, lines } from '../lines/split';
import type { Batch } from './api';
import { peekSucceeded, readRow } from './results';

/** The stream ended before all results had come; fetching it again may bring them. */
export class ResultsCut extends Error {
  override readonly name = 'ResultsCut';
}

/** The results are not those of the requests that were sent: fetching them again would not help. */
export class ResultsInvalid extends Error {
  override readonly name = 'ResultsInvalid';
}

/** What a row says of its request, where it may be sent again. */
const TRANSIENT = 1;
const UNPAID = 2;

/**
 * Passes a batch's results through and holds them against the batch's own counts: every row is one of ours, comes once, and
 * none is missing. A stream that ends cleanly in the middle is told by nothing else.
 */
export class ResultsCheck {
  rows = 0;
  succeeded = 0;
  readonly #seen = new Uint8Array(MOST_REQUESTS);
  readonly #again = new Uint8Array(MOST_REQUESTS);

  constructor(
    private readonly batch: Batch,
    private readonly nonce: string,
  ) {}

  /**
   * @throws {ResultsCut} at the end of the stream, when rows are missing or the last one is not whole.
   * @throws {ResultsInvalid} on a `custom_id` that is unknown or comes twice.
   */
  async *through(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    // The splitter reads the same pieces that are passed on: one pass, and nothing held but the current line.
    const pieces: Uint8Array[] = [];
    const tapped = async function* () {
      for await (const piece of source) {
        pieces.push(piece);
        yield piece;
      }
    };
    let last: Line | undefined;
    for await (const batch of lines(tapped())) {
      for (const line of batch) {
        // One line behind, because only a line with a successor is known to be whole.
        if (last) this.#take(last.bytes, false);
        last = line;
      }
      if (last) last = { ...last, bytes: Buffer.from(last.bytes) };
      yield* pieces.splice(0);
    }
    if (last) this.#take(last.bytes, true);
    yield* pieces.splice(0);
    if (this.rows < this.batch.size) throw this.#cut(`after ${this.rows} of ${this.batch.size} rows`);
  }

  /** Ordinals that failed for now and may be sent again, in order; those that the account could not pay for among them. */
  transient(): number[] {
    return this.#ordinals((again) => again !== 0);
  }

  /** Ordinals that the account could not pay for, in order. */
  unpaid(): number[] {
    return this.#ordinals((again) => again === UNPAID);
  }

  #ordinals(wanted: (again: number) => boolean): number[] {
    const ordinals: number[] = [];
    for (let ordinal = 0; ordinal < MOST_REQUESTS; ordinal += 1)
      if (wanted(this.#again[ordinal]!)) ordinals.push(ordinal);
    return ordinals;
  }

  #take(line: Buffer, isLast: boolean): void {
    if (line.length === 0) return;
    const peeked = isLast ? undefined : peekSucceeded(line);
    if (peeked !== undefined) {
      this.#count(peeked);
      this.succeeded += 1;
      return;
    }
    const row = this.#read(line);
    const ordinal = this.#count(row.customId);
    if (row.status === 'succeeded') this.succeeded += 1;
    if (classify(row) === 'transient') this.#again[ordinal] = isUnpaid(row) ? UNPAID : TRANSIENT;
  }

  #read(line: Buffer) {
    try {
      return readRow(line);
    } catch (error) {
      if (error instanceof SyntaxError) throw this.#cut(`within row ${this.rows + 1}`);
      throw error;
    }
  }

  #count(customId: string): number {
    const id = parseCustomId(customId);
    if (id?.nonce !== this.nonce) {
      throw new ResultsInvalid(
        `The results of the batch ${this.batch.id} have a custom_id that was not sent: ${customId}.`,
      );
    }
    if (this.#seen[id.ordinal]) {
      throw new ResultsInvalid(
        `The results of the batch ${this.batch.id} have the custom_id ${customId} twice.`,
      );
    }
    this.#seen[id.ordinal] = 1;
    this.rows += 1;
    return id.ordinal;
  }

  #cut(where: string): ResultsCut {
    return new ResultsCut(`The results of the batch ${this.batch.id} were cut ${where}.`);
  }
}
