import { type Reading, type ResultRow, rawMessage, readLine } from '../../src/anthropic/results';
import type { Place } from '../../src/input/digest-table';
import type { FinishChunkInput } from '../../src/job/activity-types';
import { ErrorCounts } from '../../src/job/error-counts';
import type { ResultStatus } from '../../src/job/job';
import {
  ANSWER_LOST,
  classify,
  EQUAL_REQUEST,
  isLost,
  noCounts,
  RESULTS_UNAVAILABLE,
  UNREADABLE,
  UNRESOLVED,
} from '../../src/job/outcome';
import { consoleSearchText, reasonText } from '../../src/job/reason-text';
import { eachLine } from '../../src/lines/split';
import { readDocument, type StoredDocument } from '../../src/records/document-line';
import { underId } from '../../src/records/result-line';
import type { ScratchIndex } from '../../src/scratch/scratch-index';
import type { EqualDocuments } from '../dedupe/equal-documents';
import type { JoinedRows } from './origin';
import type { FoundRow } from './row-index';

const FLUSH = 256 * 1024;

interface RowError {
  type: string;
  message: string;
  /** The text of a row that cannot be understood, or its beginning. */
  row?: string;
}

/**
 * The most bytes that a document's result quotes of a row that cannot be understood. The store has the whole
 * row.
 */
const LONGEST_ROW = 10_000;

/**
 * Writes the results of a chunk: one line per document with its outcome, in input order. Counts them
 * meanwhile.
 */
export class ResultsWriter {
  documents = 0;
  readonly counts = noCounts();
  /** Documents of which it is unknown whether a batch holds them. */
  unresolved = 0;
  /** Documents whose answer another chunk has. Not counted yet. */
  awaiting = 0;
  /** Documents that have the answer of an earlier job. */
  reused = 0;
  /** Documents whose answer was or may have been bought, and is lost. */
  lost = 0;
  /** The ordinals of their requests. */
  readonly lostRequests = new Set<number>();
  /** Errors of the documents without an answer. */
  readonly errors = new ErrorCounts();
  /** Sendable documents that were never sent. */
  neverSent = 0;

  readonly #rows: Pick<JoinedRows, 'find'>;
  readonly #input: Pick<FinishChunkInput, 'chunk' | 'unsent' | 'canceled'>;
  readonly #unsent: { equal: EqualDocuments; reused: Pick<ScratchIndex, 'find'> };

  constructor(
    rows: Pick<JoinedRows, 'find'>,
    input: Pick<FinishChunkInput, 'chunk' | 'unsent' | 'canceled'>,
    /** Documents that were not sent, and the source of their outcome. */
    unsent: { equal: EqualDocuments; reused: Pick<ScratchIndex, 'find'> },
  ) {
    this.#rows = rows;
    this.#input = input;
    this.#unsent = unsent;
  }

  /** @param documents the bytes of the chunk's `documents.jsonl` */
  async *write(documents: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let text = '';
    for await (const { bytes, ordinal } of eachLine(documents)) {
      text += await this.#line(readDocument(bytes), ordinal);
      this.documents += 1;
      if (text.length < FLUSH) continue;
      yield Buffer.from(text);
      text = '';
    }
    yield Buffer.from(text);
  }

  async #line({ id, not_sent }: StoredDocument, ordinal: number): Promise<string> {
    const { equal, reused } = this.#unsent;
    const first = equal.get(ordinal);
    if (first && first.chunk !== this.#input.chunk) {
      this.awaiting += 1;
      return awaitingLine(id, first);
    }
    const sent = first?.ordinal ?? ordinal;
    const answer = await reused.find(sent);
    if (answer) {
      this.reused += 1;
      this.counts.succeeded += 1;
      return `${underId(id, answer).toString('utf8')}\n`;
    }
    if (not_sent) return this.#failed(id, 'not_sent', not_sent);
    const found = await this.#rows.find(sent);
    if (found) return this.#sent(id, sent, found);
    this.neverSent += 1;
    return this.#failed(id, 'not_sent', this.#input.unsent);
  }

  /** Returns the line of a document whose request was sent. */
  #sent(id: string, ordinal: number, found: FoundRow): string {
    if (found.unresolved && !found.raw) this.unresolved += 1;
    const reading = found.raw && readLine(found.raw);
    if (isLost(errorTypeOf(reading, found))) {
      this.lost += 1;
      this.lostRequests.add(ordinal);
    }
    if (!found.raw || !reading) return this.#failed(id, 'errored', lost(found), found);
    return reading.kind === 'row'
      ? this.#answered(id, found.raw, reading.row, found)
      : this.#unreadable(id, found.raw, reading, found);
  }

  #answered(id: string, raw: Buffer, row: ResultRow, { batch, attempts }: FoundRow): string {
    if (row.error) this.errors.add(row.error.type, row.error.message);
    const head = JSON.stringify({
      id,
      status: row.status,
      class: classify({ ...row, canceledByJob: this.#input.canceled }),
      attempts,
      batch_id: batch ?? null,
      custom_id: row.customId,
    });
    const tail =
      row.status === 'succeeded' ? `"message":${rawMessage(raw)}` : `"error":${JSON.stringify(row.error)}`;
    this.counts[row.status] += 1;
    return `${head.slice(0, -1)},${tail}}\n`;
  }

  /** Returns the line of a document whose row cannot be understood. */
  #unreadable(id: string, raw: Buffer, reading: Exclude<Reading, { kind: 'row' }>, found: FoundRow): string {
    const message = `The row in the results of the batch ${found.batch} cannot be understood. ${reading.why}`;
    const row = raw.toString('utf8', 0, LONGEST_ROW);
    const custom_id = reading.kind === 'stray' ? undefined : reading.customId;
    return this.#failed(id, 'errored', { type: UNREADABLE, message, row }, { ...found, custom_id });
  }

  /** Returns the line of a document without a row. */
  #failed(
    id: string,
    status: ResultStatus,
    error: RowError,
    found?: FoundRow & { custom_id?: string },
  ): string {
    this.counts[status] += 1;
    this.errors.add(error.type, error.message);
    return failedLine(id, status, error, found);
  }
}

function failedLine(
  id: string,
  status: ResultStatus,
  error: RowError,
  found?: FoundRow & { custom_id?: string },
): string {
  return `${JSON.stringify({
    id,
    status,
    class: classify({ status, errorType: error.type }),
    attempts: found?.attempts ?? 0,
    batch_id: found?.batch ?? null,
    custom_id: found?.custom_id ?? null,
    error,
  })}\n`;
}

/**
 * Returns a document's preliminary line. It stays until the job ends, or permanently if the chunk that should
 * have its answer has no results.
 */
function awaitingLine(id: string, { chunk }: Place): string {
  const message = `Chunk ${chunk} sent an equal request. Its answer replaces this line when the job ends.`;
  return failedLine(id, 'not_sent', { type: EQUAL_REQUEST, message });
}

function errorTypeOf(reading: Reading | undefined, found: FoundRow): string {
  if (!reading) return lost(found).type;
  return reading.kind === 'row' ? (reading.row.errorType ?? '') : UNREADABLE;
}

/**
 * Returns the error of a document whose last round was or may have been bought, and whose result is lost. It
 * is not resent automatically, because it may have been paid for.
 */
function lost({ batch, unresolved, reason }: FoundRow): RowError {
  if (unresolved) {
    const what = 'The request was sent, its answer was lost, and it is unknown whether a batch holds it.';
    return { type: UNRESOLVED, message: `${what} ${consoleSearchText(unresolved)}` };
  }
  if (batch === undefined) {
    const message = 'The request was to be sent live, it is unknown whether it was, and its answer was lost.';
    return { type: ANSWER_LOST, message };
  }
  const why = reason ? `: ${reasonText(reason)}` : '.';
  return {
    type: RESULTS_UNAVAILABLE,
    message: `The request was sent in the batch ${batch}, whose results are lost${why}`,
  };
}
