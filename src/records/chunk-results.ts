import { randomUUID } from 'node:crypto';
import type { JobSummary, StoredChunkSummary } from '../job/job';
import { ifFound } from '../store/optional';
import { KeyNotFoundError, type Store } from '../store/store';
import { keys, resultsOf, type StoredRef } from './keys';
import { addVersion, findNewest, type Newest, newestEntry, outdated, readNewest } from './versions';

/** Returns a job's newest summary, or `undefined` until the job has ended. @throws {DamagedKeyError} */
export function findSummary(store: Store, job: StoredRef['job']): Promise<JobSummary | undefined> {
  return findNewest(store, summaryKey(job));
}

/** Returns when a job's newest summary was written, or `undefined` until the job has ended. */
export async function summaryWritten(store: Store, job: StoredRef['job']): Promise<Date | undefined> {
  return (await newestEntry(store, summaryKey(job)))?.modified;
}

const summaryKey =
  (job: StoredRef['job']) =>
  (version: number): string =>
    keys.summary(job, version);

/** Returns a chunk's newest summary, or `undefined` until the chunk has ended. */
export function findChunkSummary(store: Store, ref: StoredRef): Promise<StoredChunkSummary | undefined> {
  return findNewest(store, chunkSummaryKey(ref));
}

/** Like `findChunkSummary`, for a writer of the next one. */
export function newestChunkSummary(store: Store, ref: StoredRef): Promise<Newest<StoredChunkSummary>> {
  return readNewest(store, chunkSummaryKey(ref));
}

/** Like `findSummary`, for a writer of the next one. */
export function newestSummary(store: Store, job: StoredRef['job']): Promise<Newest<JobSummary>> {
  return readNewest(store, summaryKey(job));
}

const chunkSummaryKey =
  ({ job, chunk }: StoredRef) =>
  (version: number): string =>
    keys.chunkSummary(job, chunk, version);

/**
 * Writes results of a chunk under an unused key. The first ones have the plain name, unless a process died
 * between its results and their summary. They count once a summary names them.
 *
 * @param next the number of the summary that will name them
 * @returns the key
 */
export async function writeResults(
  store: Store,
  { job, chunk }: StoredRef,
  next: number,
  source: AsyncIterable<Uint8Array>,
): Promise<string> {
  const plain = keys.results(job, chunk);
  const isFirst = next === 0 && (await store.head(plain)) === undefined;
  const key = isFirst ? plain : keys.results(job, chunk, `${next}.${randomUUID().slice(0, 8)}`);
  await store.put(key, source, { ifAbsent: true });
  return key;
}

/**
 * Adds a summary of a chunk, whose results were written before.
 *
 * @param next its number, read before the rounds that it sums up
 * @throws {StoreError} if another process has added one since
 */
export async function addChunkSummary(
  store: Store,
  ref: StoredRef,
  next: number,
  summary: StoredChunkSummary,
): Promise<void> {
  if (await addVersion(store, chunkSummaryKey(ref), next, summary)) return;
  await store.delete(summary.results);
  throw outdated(store, keys.chunkSummary(ref.job, ref.chunk, next));
}

/**
 * Adds a summary of a job.
 *
 * @param next its number, read before the chunks that it sums up
 * @throws {StoreError} if another process has added one since
 */
export async function addSummary(store: Store, next: number, summary: JobSummary): Promise<void> {
  const { job } = summary;
  if (!(await addVersion(store, summaryKey(job), next, summary))) {
    throw outdated(store, keys.summary(job, next));
  }
}

/**
 * Opens a chunk's results: those that its newest summary names. Returns `undefined` until the chunk has
 * ended.
 *
 * @throws {KeyNotFoundError} if they were removed
 */
export async function openResults(
  store: Store,
  ref: StoredRef,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  let tried: string | undefined;
  for (;;) {
    const { results } = (await findChunkSummary(store, ref)) ?? {};
    if (results === undefined) return undefined;
    // Newer results may have come, and these been removed, between the two reads.
    if (results === tried) throw new KeyNotFoundError(store, results);
    const found = await ifFound(store.open(results));
    if (found) return found;
    tried = results;
  }
}

/**
 * Removes results that no summary will name any more: replaced ones, and those of processes that died. Their
 * summary's version is taken.
 */
export async function removeOldResults(store: Store, job: StoredRef['job']): Promise<void> {
  const found = new Map<number, { key: string; version: number }[]>();
  for await (const { key } of store.list(keys.allResults(job))) {
    const of = resultsOf(key);
    if (of) found.set(of.chunk, [...(found.get(of.chunk) ?? []), { key, version: of.version }]);
  }
  for (const [chunk, files] of found) {
    if (files.length === 1) continue;
    const { value, next } = await newestChunkSummary(store, { job, chunk });
    for (const { key, version } of files) {
      if (version < next && key !== value?.results) await store.delete(key);
    }
  }
}
