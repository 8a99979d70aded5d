import type { Batch } from '../../src/anthropic/api';
import { JudgedRows } from '../../src/anthropic/judged-rows';
import type { OwedRows } from '../../src/anthropic/owed-rows';
import { FAILURE } from '../../src/job/failure';
import { addOdd, type OddRow } from '../../src/job/odd-results';
import { untilSame } from '../../src/job/same-rows';
import { type DownloadNote, Downloads, type StoredResults } from '../../src/records/downloads';
import type { Downloaded } from '../../src/records/keys';
import { abortable } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';
import type { FaultPoints } from '../runtime/fault-points';

/** A batch whose results are collected. */
export interface Collecting {
  of: Downloaded;
  /** The batch id, or a substitute for messages. */
  batch: string;
  /** Returns a new record of the rows that the batch must have. */
  owed(): OwedRows;
  /**
   * Downloads the results again for a row that cannot be understood, as for a missing row: its request would
   * be paid for again.
   */
  readable?: boolean;
  /** Missing rows were written off. Nothing more is downloaded. */
  writtenOff?: boolean;
  /** Finds the batch, which must have ended. @param kept the rows of earlier downloads */
  find(kept: JudgedRows): Promise<Batch>;
}

/** Judged rows of a batch, and whether all expected rows arrived. */
export interface CollectedRows {
  rows: JudgedRows;
  complete: boolean;
}

/**
 * Collects the results of a batch that has ended. Stores each download completely and unchanged, whatever it
 * contains. Then judges its rows, together with those of earlier downloads if one is not enough.
 *
 * @throws a retryable `anthropic.ResultsIncomplete` while rows are missing and not written off
 */
export async function collectResults(
  deps: ActivityDeps,
  collecting: Collecting,
  signal: AbortSignal,
): Promise<CollectedRows> {
  const downloads = new Downloads(deps.store, collecting.of);
  const { value: standing, next } = await downloads.newestJudged();
  if (standing?.complete && !(collecting.readable && standing.odd?.unreadable)) {
    const rows = await judge(downloads, standing.downloads, collecting, signal);
    return { rows, complete: true };
  }
  const kept = await downloads.kept();
  const rows = await judge(downloads, kept, collecting, signal);
  const notes = await downloads.notes();
  const stored = { rows, downloads: kept, notes, next };
  if (kept.length > 0 && isComplete(stored, collecting)) return end(downloads, stored, true);
  if (collecting.writtenOff) return end(downloads, stored, false);
  return download(deps, downloads, collecting, stored, signal);
}

/** The current rows of a batch. */
interface Known {
  rows: JudgedRows;
  downloads: number[];
  notes: readonly DownloadNote[];
  /** The number of the next judgment, read before the downloads. */
  next: number;
  batch?: Batch;
}

async function download(
  deps: ActivityDeps,
  downloads: Downloads,
  collecting: Collecting,
  { rows: together, downloads: kept, next }: Known,
  signal: AbortSignal,
): Promise<CollectedRows> {
  const batch = await collecting.find(together);
  const number = (kept.at(-1) ?? -1) + 1;
  const rows = new JudgedRows(collecting.owed());
  const bytes = await deps.anthropic().results(batch, signal);
  await downloads.keep(number, watched(rows.through(bytes), deps.points));
  deps.points?.reach('retrieve/results-written');
  const alone: Known = { rows, downloads: [number], notes: [], next, batch };
  if (isComplete(alone, collecting)) return end(downloads, alone, true);

  const notes = await downloads.note(number, rows.fingerprint);
  // Rows that only earlier downloads have are valid answers too.
  const isNew = notes.at(-1)!.number === number;
  if (isNew && kept.length > 0) await read(downloads, number, together, signal);
  const all = kept.length > 0 ? together : rows;
  const union: Known = { rows: all, downloads: isNew ? [...kept, number] : kept, notes, next, batch };
  if (isComplete(union, collecting)) return end(downloads, union, true);
  throw incomplete(union, collecting);
}

function isComplete({ rows, notes, batch }: Known, { readable }: Collecting): boolean {
  if (rows.owed.all) return rows.missing().length === 0 && !(readable && rows.unreadable().length > 0);
  return batch?.size === rows.rows || (notes.length > 0 && untilSame(notes) === undefined);
}

async function end(
  downloads: Downloads,
  { rows, downloads: numbers, next, batch }: Known,
  complete: boolean,
): Promise<CollectedRows> {
  const { counts, named } = rows.odd();
  const disagree = batch && countsDisagree(batch, rows, complete);
  const results: StoredResults = {
    downloads: numbers,
    rows: rows.rows,
    succeeded: rows.succeeded,
    complete,
    odd: addOdd(counts, disagree && { counts: 1 }),
    named: disagree ? [disagree, ...named] : named,
  };
  await downloads.judge(results, next);
  return { rows, complete };
}

/**
 * Records a disagreement, but never waits for it: the requests that were sent are better known than a
 * gateway's counts.
 */
function countsDisagree({ size, counts }: Batch, rows: JudgedRows, complete: boolean): OddRow | undefined {
  const owed = rows.owed.all?.length ?? rows.rows;
  if (size === owed && (!complete || counts.succeeded === rows.succeeded)) return undefined;
  return {
    kind: 'counts',
    why:
      `request_counts says ${JSON.stringify(counts)}; ${owed} requests were sent, ` +
      `${rows.rows} rows arrived and ${rows.succeeded} of them succeeded.`,
  };
}

function incomplete({ rows, notes, batch }: Known, { batch: id }: Collecting): StepError {
  const { all } = rows.owed;
  const downloads = notes.length === 1 ? 'one download' : `${notes.length} downloads`;
  if (!all) {
    const message =
      `The batch ${id} counts ${batch?.size ?? 'an unknown number of'} requests, and ${rows.rows} rows ` +
      `arrived in ${downloads}.`;
    const more = 'The results are downloaded again until three downloads, an hour apart, have the same rows.';
    return new StepError(FAILURE.resultsIncomplete, `${message} ${more}`, { retryAfter: untilSame(notes) });
  }
  const missing = rows.missing();
  const unreadable = missing.length === 0 ? rows.unreadable() : [];
  const [first] = [...missing, ...unreadable];
  const what =
    missing.length > 0
      ? `${missing.length} of ${all.length} rows are missing`
      : `${unreadable.length} rows cannot be understood`;
  return new StepError(
    FAILURE.resultsIncomplete,
    `The results of the batch ${id} are incomplete: ${what} after ${downloads}. The first is ` +
      `${rows.owed.customIdOf(first!)}. The results are downloaded again.`,
  );
}

async function judge(
  downloads: Downloads,
  numbers: readonly number[],
  { owed }: Collecting,
  signal: AbortSignal,
): Promise<JudgedRows> {
  const rows = new JudgedRows(owed());
  for (const number of numbers) await read(downloads, number, rows, signal);
  return rows;
}

async function read(
  downloads: Downloads,
  number: number,
  rows: JudgedRows,
  signal: AbortSignal,
): Promise<void> {
  rows.next();
  for await (const _ of rows.through(abortable(await downloads.open(number), signal)));
}

async function* watched(
  pieces: AsyncIterable<Uint8Array>,
  points: FaultPoints | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    points?.reach('retrieve/streaming');
    yield piece;
  }
}
