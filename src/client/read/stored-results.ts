import type { JobRef } from '../../job/job';
import { lines } from '../../lines/split';
import { keys } from '../../records/keys';
import type { Store } from '../../store/store';
import type { Result } from '../types';

export interface ResultsOptions {
  /** Only documents without an answer: every status but `succeeded`. */
  failed?: boolean;
}

/**
 * The lines of a job's results as they stand in the store, in input order, without their newlines. What has not ended yet
 * is missing. A line is valid until the next one is asked for.
 */
export async function* resultLines(
  store: Store,
  job: JobRef,
  { failed = false }: ResultsOptions = {},
): AsyncGenerator<Buffer> {
  for await (const { key } of store.list(keys.allResults(job))) {
    for await (const batch of lines(await store.open(key))) {
      for (const { bytes } of batch) {
        if (bytes.length === 0) continue;
        if (failed && isSuccess(JSON.parse(bytes.toString('utf8')) as Result)) continue;
        yield bytes;
      }
    }
  }
}

const isSuccess = (result: Result): boolean => result.status === 'succeeded';
