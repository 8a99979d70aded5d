import { randomUUID } from 'node:crypto';
import type { JobRef, JobSummary, StoredChunkSummary } from '../job/job';
import { findJson } from '../store/json';
import { ifFound } from '../store/optional';
import { KeyNotFoundError, type Store, type StoreEntry } from '../store/store';
import { chunkOfResults, keys } from './keys';
import { addVersion, findNewest, type Newest, outdated, readNewest } from './versions';

/** A chunk of a job in the store. */
interface StoredRef {
  job: Pick<JobRef, 'id' | 'instance'>;
  chunk: number;
}

/** Returns a job's newest summary, or `undefined` until the job has ended. @throws {DamagedKeyError} */
export function findSummary(store: Store, job: StoredRef['job']): Promise<JobSummary | undefined> {
  return findNewest(store, summaryKey(job));
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
  const key = isFirst ? plain : keys.results(job, chunk, randomUUID().slice(0, 8));
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
 * Opens a chunk's results: those that its newest summary names.
 *
 * @throws {KeyNotFoundError} if the chunk has not ended
 */
export async function openResults(store: Store, ref: StoredRef): Promise<AsyncIterable<Uint8Array>> {
  let tried: string | undefined;
  for (;;) {
    const { results } = (await findChunkSummary(store, ref)) ?? {};
    // Newer results may have come, and these been removed, between the two reads.
    if (results === undefined || results === tried) {
      throw new KeyNotFoundError(store, results ?? keys.results(ref.job, ref.chunk));
    }
    const found = await ifFound(store.open(results));
    if (found) return found;
    tried = results;
  }
}

/**
 * Removes results that no summary will name any more: replaced ones, and those of processes that died. Others
 * that are not older than the newest summary stay, because the next summary may name them.
 */
export async function removeOldResults(store: Store, job: StoredRef['job']): Promise<void> {
  const found = new Map<number, StoreEntry[]>();
  for await (const entry of store.list(keys.allResults(job))) {
    const chunk = chunkOfResults(entry.key);
    if (chunk !== undefined) found.set(chunk, [...(found.get(chunk) ?? []), entry]);
  }
  for (const [chunk, entries] of found) {
    if (entries.length > 1) await removeUnnamed(store, { job, chunk }, entries);
  }
}

async function removeUnnamed(store: Store, ref: StoredRef, entries: readonly StoreEntry[]): Promise<void> {
  const { value, next } = await newestChunkSummary(store, ref);
  const summary = value && (await store.head(keys.chunkSummary(ref.job, ref.chunk, next - 1)));
  if (!summary) return;
  const replaced = new Set([keys.results(ref.job, ref.chunk)]);
  for (let version = 0; version < next - 1; version += 1) {
    const earlier = await findJson<StoredChunkSummary>(store, chunkSummaryKey(ref)(version));
    if (earlier) replaced.add(earlier.results);
  }
  for (const { key, modified } of entries) {
    if (key === value.results) continue;
    if (replaced.has(key) || modified < summary.modified) await store.delete(key);
  }
}
