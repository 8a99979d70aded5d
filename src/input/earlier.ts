import type { JobRef } from '../job/job';
import { UNRESOLVED } from '../job/outcome';
import { show } from '../job-spec/show';
import { type Line, lines } from '../lines/split';
import { readDocument } from '../records/document-line';
import { keys } from '../records/keys';
import { KeyNotFoundError, type Store } from '../store/store';

/** Where reading an earlier job starts, or starts again. */
export interface EarlierCursor {
  /** Chunk of the earlier job. */
  offset: number;
  /** Documents of that chunk that are done with. */
  line: number;
}

/** A document of an earlier job that did not succeed, with the request that was made for it. */
export interface EarlierRequest {
  id: string;
  line: number;
  /** The stored params, byte for byte; a view that is good until the next batch. */
  request: Buffer;
  next: EarlierCursor;
}

/** An earlier job cannot be sent again: its files are incomplete, or do not belong together. */
export class EarlierJobError extends Error {
  override readonly name = 'EarlierJobError';
}

interface EarlierJob {
  of: Pick<JobRef, 'id' | 'instance'>;
  chunks: number;
}

/**
 * The documents of an earlier job that are to be sent again, in its order: all that did not succeed, but for those that
 * could never be sent, or that a batch which nobody could tell may hold. It reads a chunk's documents, requests and results in step, because all are in one order.
 *
 * @throws {EarlierJobError} where a chunk has no results, so that nobody knows what of it is paid for, or where the three
 *   files disagree.
 */
export async function* readEarlier(
  store: Store,
  { of, chunks }: EarlierJob,
  from: EarlierCursor = { offset: 0, line: 0 },
): AsyncGenerator<EarlierRequest[]> {
  for (let chunk = from.offset; chunk < chunks; chunk++) {
    const done = chunk === from.offset ? from.line : 0;
    const results = lines(await openResults(store, of, chunk));
    const documents = lines(await store.open(keys.documents(of, chunk)));
    const requests = lines(await store.open(keys.requests(of, chunk)));
    let ordinal = 0;
    for await (const rows of inStep([results, documents, requests], chunk)) {
      const failed: EarlierRequest[] = [];
      for (const [resultLine, documentLine, requestLine] of rows) {
        const place = ordinal++;
        if (place < done) continue;
        const result: EarlierResult = parse(resultLine!);
        const { id, line } = readDocument(documentLine!.bytes);
        if (result.id !== id) {
          throw new EarlierJobError(
            `In chunk ${chunk} of the earlier job, result ${place + 1} is of another document than line ${place + 1} of its documents.`,
          );
        }
        if (result.status === 'succeeded' || result.error?.type === UNRESOLVED || isNull(requestLine!))
          continue;
        failed.push({
          id,
          line,
          request: requestLine!.bytes,
          next: { offset: chunk, line: ordinal },
        });
      }
      yield failed;
    }
  }
}

/** What of a line of results a retry goes by. */
interface EarlierResult {
  id: string;
  status: string;
  error?: { type: string };
}

async function openResults(store: Store, of: EarlierJob['of'], chunk: number) {
  try {
    return await store.open(keys.results(of, chunk));
  } catch (error) {
    if (!(error instanceof KeyNotFoundError)) throw error;
    throw new EarlierJobError(
      `Chunk ${chunk} of the job ${show(of.id)} has no results, so it is not known which of its requests are paid for. Nothing of it is sent again.`,
      { cause: error },
    );
  }
}

/** Lines of several streams side by side, as many at a time as all of them have at hand. */
async function* inStep(streams: AsyncGenerator<Line[]>[], chunk: number): AsyncGenerator<Line[][]> {
  const hands = streams.map((stream) => ({ stream, batch: [] as Line[], at: 0, ended: false }));
  try {
    while (true) {
      for (const hand of hands) {
        if (hand.at < hand.batch.length || hand.ended) continue;
        const { value, done } = await hand.stream.next();
        hand.at = 0;
        hand.batch = value ?? [];
        hand.ended = done ?? false;
      }
      if (hands.every(({ ended }) => ended)) return;
      if (hands.some(({ ended }) => ended)) {
        throw new EarlierJobError(
          `In chunk ${chunk} of the earlier job, results, documents and requests are not equally many.`,
        );
      }
      const many = Math.min(...hands.map(({ batch, at }) => batch.length - at));
      const rows: Line[][] = [];
      for (let row = 0; row < many; row++) rows.push(hands.map(({ batch, at }) => batch[at + row]!));
      for (const hand of hands) hand.at += many;
      yield rows;
    }
  } finally {
    // Whoever stops early must not leave files open.
    await Promise.all(streams.map((stream) => stream.return(undefined)));
  }
}

const parse = (line: Line) => JSON.parse(line.bytes.toString('utf8'));

const isNull = ({ bytes }: Line) => bytes.length === 4 && bytes.toString('latin1') === 'null';
