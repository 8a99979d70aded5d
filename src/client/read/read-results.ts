import type { JobSummary } from '../../job/job';
import { openStore } from '../../store/location';
import type { Store } from '../../store/store';
import type { Result } from '../types';
import { type ParsedResult, readLines } from './parsed-results';
import type { StandardSchema } from './standard-schema';
import { type ResultsOptions, resultLines } from './stored-results';

/** Like `readResults` without a schema, and parses each answer as JSON and checks it by the schema. */
export function readResults<T>(
  store: Store | string,
  summary: Pick<JobSummary, 'job'>,
  options: ResultsOptions & { schema: StandardSchema<T> },
): AsyncGenerator<ParsedResult<T>>;
/**
 * Yields the results of a job from the store, in input order, for activities of a workflow that ran the job
 * with `batchJob`. Without Temporal: the job's summary names its folder.
 *
 * @param store the store of the workers, or its location
 * @throws {StoreError} {@link StoreLocationError}
 *
 * @example
 * for await (const result of readResults('s3://bucket/batches', summary)) await save(result.id, result);
 */
export function readResults(
  store: Store | string,
  summary: Pick<JobSummary, 'job'>,
  options?: ResultsOptions,
): AsyncGenerator<Result<string>>;
export async function* readResults(
  store: Store | string,
  { job }: Pick<JobSummary, 'job'>,
  { schema, ...options }: ResultsOptions & { schema?: StandardSchema } = {},
): AsyncGenerator<Result<string>> {
  yield* readLines(resultLines(await openStore(store), job, options), schema);
}
