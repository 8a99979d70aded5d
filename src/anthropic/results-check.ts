import { MOST_REQUESTS } from '../job/limits';
import { classify, isUnpaid } from '../job/outcome';
import { type Line, lines } from '../lines/split';
import type { Batch } from './api';
import { peekSucceeded, readRow, UnknownRow } from './results';
import { ResultsCut, ResultsInvalid } from './results-errors';
import type { OwedRows } from './sent-rows';

/** What a row says of its request, where it may be sent again. */
const TRANSIENT = 1;
const UNPAID = 2;

/**
 * Passes a batch's results through and holds them against the batch's own counts: every row is owed, comes once, and none is
 * missing. A stream that ends cleanly in the middle is told by nothing else.
 */
export class ResultsCheck {
  rows = 0;
  succeeded = 0;
  readonly #again = new Uint8Array(MOST_REQUESTS);

  constructor(
    /** Without a size: results that were counted before. */
    private readonly batch: Pick<Batch, 'id'> & Partial<Pick<Batch, 'size'>>,
    private readonly owed: OwedRows,
  ) {}

  /**
   * @throws {ResultsCut} at the end of the stream, when rows are missing or the last one is not whole.
   * @throws {ResultsInvalid} on a `custom_id` that is unknown, comes twice or never, and on a row that is no result.
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
    const { size = this.rows } = this.batch;
    if (this.rows < size) throw this.#cut(`after ${this.rows} of ${size} rows`);
    this.owed.end();
  }

  /** Numbers of the rows that failed for now and may be sent again, in order; those that the account could not pay for among them. */
  transient(): number[] {
    return this.#numbers((again) => again !== 0);
  }

  /** Those that the account could not pay for, in order. */
  unpaid(): number[] {
    return this.#numbers((again) => again === UNPAID);
  }

  #numbers(wanted: (again: number) => boolean): number[] {
    const numbers: number[] = [];
    for (let number = 0; number < MOST_REQUESTS; number += 1)
      if (wanted(this.#again[number]!)) numbers.push(number);
    return numbers;
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
    const number = this.#count(row.customId);
    if (row.status === 'succeeded') this.succeeded += 1;
    if (classify(row) === 'transient') this.#again[number] = isUnpaid(row) ? UNPAID : TRANSIENT;
  }

  #read(line: Buffer) {
    try {
      return readRow(line);
    } catch (error) {
      // What is JSON to its end was not cut.
      if (error instanceof UnknownRow) throw this.#invalid(`have a row that is no result: ${error.message}`);
      if (error instanceof SyntaxError) throw this.#cut(`within row ${this.rows + 1}`);
      throw error;
    }
  }

  #count(customId: string): number {
    const number = this.owed.take(customId);
    this.rows += 1;
    const { size = this.rows } = this.batch;
    if (this.rows > size) {
      throw this.#invalid(`have more rows than the ${size} requests that the batch counts`);
    }
    return number;
  }

  #cut(where: string): ResultsCut {
    return new ResultsCut(`The results of the batch ${this.batch.id} were cut ${where}.`);
  }

  #invalid(problem: string): ResultsInvalid {
    return new ResultsInvalid(`The results of the batch ${this.batch.id} ${problem.replace(/\.$/, '')}.`);
  }
}
