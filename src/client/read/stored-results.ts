import type { JobRef } from '../../job/job';
import { eachLine } from '../../lines/split';
import { openResults } from '../../records/chunk-results';
import { keys } from '../../records/keys';
import { statusOf } from '../../records/result-line';
import type { Store } from '../../store/store';

/** The options for reading results. */
export interface ResultsOptions {
  /** Returns only documents without an answer: every status except `succeeded`. Default `false`. */
  failed?: boolean;
}

/** Where a result is: its chunk, and its number in it. */
export interface ResultPlace {
  chunk: number;
  ordinal: number;
}

/** Yields the lines of a job's stored results like `resultRows`, without their places. */
export async function* resultLines(
  store: Store,
  job: JobRef,
  options?: ResultsOptions,
): AsyncGenerator<Buffer> {
  for await (const { bytes } of resultRows(store, job, options)) yield bytes;
}

/**
 * Yields the lines of a job's stored results in input order, without newlines. Chunks that have not ended are
 * missing. A line is valid until the next iteration.
 */
export async function* resultRows(
  store: Store,
  job: JobRef,
  { failed = false }: ResultsOptions = {},
): AsyncGenerator<ResultPlace & { bytes: Buffer }> {
  for await (const folder of store.folders(keys.chunks(job))) {
    const chunk = Number(folder);
    const results = await openResults(store, { job, chunk });
    if (!results) continue;
    for await (const { bytes, ordinal } of eachLine(results)) {
      if (bytes.length === 0) continue;
      if (isWanted(bytes, failed)) yield { bytes, chunk, ordinal };
    }
  }
}

/** @param failed only documents without an answer are wanted */
export function isWanted(line: Buffer, failed: boolean): boolean {
  return !failed || statusOf(line) !== 'succeeded';
}
