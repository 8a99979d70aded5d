import { type Period, periodOf } from '../cost/budget/period';
import type { ChunkRef } from '../job/activity-types';
import type { JobRef } from '../job/job';
import { findJson, putJson } from '../store/json';
import type { Store } from '../store/store';
import { readControl } from './control';
import { keys } from './keys';

/** What all jobs of a store together may cost in a period. */
export interface StoreBudget {
  per: Period;
  /** USD, as a decimal string. */
  maxUsd: string;
}

/** A cap, and the account of what counts against it. */
export interface Budget {
  /** USD, as a decimal string. */
  maxUsd: string;
  /** The prefix of its account's pages. */
  book: string;
  /** What tells it from the others that a job is held to: its period, where it is the store's. */
  name: string;
}

/** What a job's own budget is called. */
export const JOB_BUDGET = 'job';

export function setStoreBudget(store: Store, budget: StoreBudget): Promise<void> {
  return putJson(store, keys.budget, budget);
}

export function unsetStoreBudget(store: Store): Promise<void> {
  return store.delete(keys.budget);
}

/** The store's budget of a moment's period. */
export async function budgetOfStore(store: Store, at = new Date()): Promise<Budget | undefined> {
  const budget = await findJson<StoreBudget>(store, keys.budget);
  if (!budget) return undefined;
  const period = `${budget.per} ${periodOf(budget.per, at)}`;
  return { maxUsd: budget.maxUsd, book: keys.periodBook(period), name: period };
}

/** A job's own budget. @param maxUsd what it was started with */
export async function budgetOfJob(
  store: Store,
  job: JobRef,
  maxUsd: string | undefined,
): Promise<Budget | undefined> {
  const cap = (await readControl(store, job)).maxUsd ?? maxUsd;
  return cap === undefined ? undefined : { maxUsd: cap, book: keys.jobBook(job), name: JOB_BUDGET };
}

/** A book in which a chunk may have something reserved. */
export interface ChunkBook {
  book: string;
  /** What the chunk was settled with in it, in USD as a decimal string; absent where it never was. */
  settled?: string;
}

/** Notes in which book a chunk has something reserved, before it has. */
export async function noteBook(
  store: Store,
  { job, chunk }: ChunkRef,
  { name, book }: Budget,
): Promise<void> {
  const key = keys.chunkBook(job, chunk, name);
  if (!(await store.head(key))) await putJson(store, key, { book } satisfies ChunkBook);
}

/** Notes what a chunk was settled with, under the key that `chunkBooks` gave. */
export function noteSettled(store: Store, key: string, noted: Required<ChunkBook>): Promise<void> {
  return putJson(store, key, noted);
}

/** The books in which a chunk may have something reserved. */
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
