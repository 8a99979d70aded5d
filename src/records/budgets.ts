import { type Period, periodOf } from '../cost/budget/period';
import { JOB_BUDGET } from '../cost/text';
import type { ChunkRef } from '../job/activity-types';
import type { JobRef } from '../job/job';
import { findJson, putJson, putJsonIfAbsent } from '../store/json';
import type { Store } from '../store/store';
import { readControl } from './control';
import { keys } from './keys';

/** The most that all jobs of a store together may cost in a period. */
export interface StoreBudget {
  per: Period;
  /** USD, as a decimal string. */
  maxUsd: string;
}

/** A cap, and the account that counts against it. */
export interface Budget {
  /** USD, as a decimal string. */
  maxUsd: string;
  /** Prefix of the account's pages. */
  book: string;
  /** Distinguishes a job's budgets: the period for the store's budget, `job` for the job's own. */
  name: string;
}

export function setStoreBudget(store: Store, budget: StoreBudget): Promise<void> {
  return putJson(store, keys.budget, budget);
}

export function unsetStoreBudget(store: Store): Promise<void> {
  return store.delete(keys.budget);
}

/** Returns the store's budget for the period of `at`. */
export async function budgetOfStore(store: Store, at = new Date()): Promise<Budget | undefined> {
  const budget = await findJson<StoreBudget>(store, keys.budget);
  if (!budget) return undefined;
  const period = `${budget.per} ${periodOf(budget.per, at)}`;
  return { maxUsd: budget.maxUsd, book: keys.periodBook(period), name: period };
}

/** Returns a job's own budget. @param maxUsd the cap that the job was started with */
export async function budgetOfJob(
  store: Store,
  job: JobRef,
  maxUsd: string | undefined,
): Promise<Budget | undefined> {
  const cap = (await readControl(store, job)).maxUsd ?? maxUsd;
  return cap === undefined ? undefined : { maxUsd: cap, book: keys.jobBook(job), name: JOB_BUDGET };
}

/** A book in which a reservation for a chunk may stand. */
export interface ChunkBook {
  book: string;
  /** The amount that the chunk was settled with, in USD as a decimal string. Unset until it is settled. */
  settled?: string;
  /** When that end was requested, in milliseconds of the Temporal server's clock. */
  asked?: number;
}

/** Records the book of a chunk's reservation. Call before the reservation. */
export async function noteBook(
  store: Store,
  { job, chunk }: ChunkRef,
  { name, book }: Budget,
): Promise<void> {
  const key = keys.chunkBook(job, chunk, name);
  await putJsonIfAbsent(store, key, { book } satisfies ChunkBook);
}

/**
 * Records the amount that a chunk was settled with, under the key that `chunkBooks` returned. That of a later
 * end stands: a process that was frozen after it had settled an earlier end writes late.
 */
export async function noteSettled(store: Store, key: string, noted: Required<ChunkBook>): Promise<void> {
  const { asked = 0 } = (await findJson<ChunkBook>(store, key)) ?? {};
  if (asked > noted.asked) return;
  await putJson(store, key, noted);
}

/** Returns the books in which a reservation for the chunk may stand. */
export async function chunkBooks(
  store: Store,
  { job, chunk }: ChunkRef,
): Promise<(ChunkBook & { key: string })[]> {
  const books: (ChunkBook & { key: string })[] = [];
  for await (const { key } of store.list(keys.chunkBooks(job, chunk))) {
    const noted = await findJson<ChunkBook>(store, key);
    if (noted) books.push({ ...noted, key });
  }
  return books;
}
