import type { JobRef } from '../job/job';
import { UNRESOLVED } from '../job/outcome';
import { show } from '../job-spec/show';
import { type Line, lines } from '../lines/split';
import { openResults } from '../records/chunk-results';
import { readDocument } from '../records/document-line';
import { chunkFiles } from '../records/planned-chunk';
import { ifFound } from '../store/optional';
import type { Store } from '../store/store';

/** The position in an earlier job at which reading starts or continues. */
export interface EarlierCursor {
  /** The chunk of the earlier job. */
  offset: number;
  /** The number of finished documents in that chunk. */
  line: number;
}

/** A failed document of an earlier job, with its stored request. */
export interface EarlierRequest {
  id: string;
  line: number;
  file?: string;
  /** The stored params, byte for byte. The view is valid until the next batch. */
  request: Buffer;
  next: EarlierCursor;
}

/** An earlier job cannot be retried, because its files are incomplete or inconsistent. */
export class EarlierJobError extends Error {
  override readonly name = 'EarlierJobError';
}

interface EarlierJob {
  of: Pick<JobRef, 'id' | 'instance'>;
  chunks: number;
}

/**
 * Yields the documents of an earlier job to retry, in order: all failed documents except those that cannot be
 * sent, and those that are unresolved, because a batch may hold them. Reads a chunk's documents, requests and
 * results in parallel, because all three have the same order.
 *
 * @throws {EarlierJobError} if a chunk has no results, so that it is unknown what is paid for, or if the
 *   files disagree.
 */
export async function* readEarlier(
  store: Store,
  { of, chunks }: EarlierJob,
  from: EarlierCursor = { offset: 0, line: 0 },
): AsyncGenerator<EarlierRequest[]> {
  for (let chunk = from.offset; chunk < chunks; chunk++) {
    yield* readChunk(store, of, chunk, chunk === from.offset ? from.line : 0);
  }
}

/** @param first the ordinal of the first document that may be yielded */
async function* readChunk(
  store: Store,
  of: EarlierJob['of'],
  chunk: number,
  first: number,
): AsyncGenerator<EarlierRequest[]> {
  const results = lines(await openEnded(store, of, chunk));
  const files = await chunkFiles(store, { job: of, chunk });
  const documents = lines(await store.open(files.documents));
  const requests = lines(await store.open(files.requests));
  let ordinal = 0;
  for await (const rows of inStep([results, documents, requests], chunk)) {
    const failed: EarlierRequest[] = [];
    for (const row of rows) {
      const place = ordinal++;
      const request = place < first ? undefined : failedRequest(row, { chunk, place });
      if (request) failed.push(request);
    }
    yield failed;
  }
}

/** Returns the request of a document to retry, or `undefined`. */
function failedRequest(
  [resultLine, documentLine, requestLine]: Line[],
  { chunk, place }: { chunk: number; place: number },
): EarlierRequest | undefined {
  const result: EarlierResult = parse(resultLine!);
  const { id, line, file } = readDocument(documentLine!.bytes);
  if (result.id !== id) {
    throw new EarlierJobError(
      `In chunk ${chunk} of the earlier job, result ${place + 1} and document ${place + 1} ` +
        'have different ids.',
    );
  }
  const settled = result.status === 'succeeded' || result.error?.type === UNRESOLVED;
  if (settled || isNull(requestLine!)) return undefined;
  return { id, line, file, request: requestLine!.bytes, next: { offset: chunk, line: place + 1 } };
}

/** The fields of a result line that a retry needs. */
interface EarlierResult {
  id: string;
  status: string;
  error?: { type: string };
}

async function openEnded(store: Store, of: EarlierJob['of'], chunk: number) {
  const results = await ifFound(openResults(store, { job: of, chunk }));
  if (results) return results;
  throw new EarlierJobError(
    `Chunk ${chunk} of the job ${show(of.id)} has no results, so which of its requests are paid for is unknown. ` +
      'The retry sends none of them.',
  );
}

/** Yields corresponding lines of several streams, as many at a time as all streams have buffered. */
async function* inStep(streams: AsyncGenerator<Line[]>[], chunk: number): AsyncGenerator<Line[][]> {
  const hands: Hand[] = streams.map((stream) => ({ stream, batch: [], at: 0, ended: false }));
  try {
    while (true) {
      for (const hand of hands) await fill(hand);
      if (hands.every(({ ended }) => ended)) return;
      if (hands.some(({ ended }) => ended)) {
        throw new EarlierJobError(
          `In chunk ${chunk} of the earlier job, the numbers of results, documents and requests differ.`,
        );
      }
      const many = Math.min(...hands.map(({ batch, at }) => batch.length - at));
      const rows: Line[][] = [];
      for (let row = 0; row < many; row++) rows.push(hands.map(({ batch, at }) => batch[at + row]!));
      for (const hand of hands) hand.at += many;
      yield rows;
    }
  } finally {
    // Closes the files also if the caller stops early.
    await Promise.all(streams.map((stream) => stream.return(undefined)));
  }
}

/** A stream with the lines of it that were read and not yet yielded. */
interface Hand {
  stream: AsyncGenerator<Line[]>;
  batch: Line[];
  at: number;
  ended: boolean;
}

async function fill(hand: Hand): Promise<void> {
  if (hand.at < hand.batch.length || hand.ended) return;
  const { value, done } = await hand.stream.next();
  hand.at = 0;
  hand.batch = value ?? [];
  hand.ended = done ?? false;
}

const parse = (line: Line) => JSON.parse(line.bytes.toString('utf8'));

const isNull = ({ bytes }: Line) => bytes.length === 4 && bytes.toString('latin1') === 'null';
