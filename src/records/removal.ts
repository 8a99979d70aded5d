import { randomUUID } from 'node:crypto';
import type { JobRef } from '../job/job';
import type { Store, StoreEntry } from '../store/store';
import { holdsIntent, holdsRequests, keys } from './keys';

/** Files and bytes that were, or would be, removed from the store. */
export interface Removed {
  files: number;
  bytes: number;
}

/** A deletion that has marked its job. */
export interface Deletion {
  job: JobRef;
  name: string;
}

/**
 * Marks a job whose deletion begins. Call before the last check whether the job may be deleted: a worker that
 * is about to send for it, or a client that is about to retry it, writes its own record first and reads the
 * mark then, so one of the two sees the other.
 */
export async function markDeletion(store: Store, job: JobRef): Promise<Deletion> {
  const name = randomUUID();
  await store.put(keys.deletion(job, name), '{}\n');
  return { job, name };
}

/** Records that a deletion removes files from now on. Its marks stay until the job is gone. */
export function markRemoval(store: Store, { job, name }: Deletion): Promise<void> {
  return store.put(keys.deletion(job, name, true), '{}\n');
}

/** Milliseconds after which a deletion that has removed nothing counts as dead. Its check takes seconds. */
const ABANDONED = 600_000;

/**
 * Removes the mark of a deletion that does not take place, and those of deletions that died before they
 * removed anything. Another deletion keeps its own.
 */
export async function unmarkDeletion(store: Store, { job, name }: Deletion, now = Date.now()): Promise<void> {
  await store.delete(keys.deletion(job, name));
  const marks: StoreEntry[] = [];
  for await (const mark of store.list(keys.deletions(job))) marks.push(mark);
  const all = new Set(marks.map(({ key }) => key));
  for (const { key, modified } of marks) {
    const removing = key.replace(/(\.removing)?\.json$/, '.removing.json');
    if (!all.has(removing) && modified.getTime() < now - ABANDONED) await store.delete(key);
  }
}

/** Returns whether a job is being deleted, also if its deletion was interrupted. */
export async function isBeingDeleted(store: Store, job: Pick<JobRef, 'id' | 'instance'>): Promise<boolean> {
  for await (const _ of store.list(keys.deletions(job))) return true;
  return false;
}

/** Returns what removing a job would remove. */
export async function sizeOfJob(store: Store, job: JobRef): Promise<Removed> {
  const found: Removed = { files: 0, bytes: 0 };
  for await (const { key, size } of store.list(keys.job(job))) {
    if (key.startsWith(keys.deletions(job))) continue;
    found.files += 1;
    found.bytes += size;
  }
  return found;
}

/**
 * Removes all files of a job. Removes requests first, so that they cannot be sent without the ledger, and
 * then intents, so that an upload that is still on its way cannot pass the gate once its `overtaken` is
 * removed. Removes the summary and the spec last, so that an interrupted removal can be repeated.
 */
export async function removeJob(store: Store, job: JobRef): Promise<Removed> {
  const removed: Removed = { files: 0, bytes: 0 };
  const isMark = (key: string) => key.startsWith(keys.deletions(job));
  const remove = async ({ key, size }: StoreEntry) => {
    await store.delete(key);
    // Not counted as a file of the job.
    if (isMark(key)) return;
    removed.files += 1;
    removed.bytes += size;
  };
  // Without the spec, a deletion cannot be repeated.
  const last = [keys.summary(job), keys.spec(job)];
  for (const isFirst of [holdsRequests, holdsIntent]) {
    for await (const entry of store.list(keys.job(job))) {
      if (isFirst(entry.key)) await remove(entry);
    }
  }
  for await (const entry of store.list(keys.job(job))) {
    if (!isMark(entry.key) && !last.includes(entry.key)) await remove(entry);
  }
  for await (const mark of store.list(keys.deletions(job))) await remove(mark);
  for (const key of last) {
    const entry = await store.head(key);
    if (entry) await remove(entry);
  }
  return removed;
}
