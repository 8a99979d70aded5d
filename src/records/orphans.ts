import type { RoundRef } from '../job/activity-types';
import type { JobRef } from '../job/job';
import { putJson, readJson } from '../store/json';
import type { Store } from '../store/store';
import { keys } from './keys';

/** A batch of the job that was bought although its attempt had been presumed lost. */
export interface Orphan {
  batch: string;
  chunk: number;
  round: number;
  attempt: number;
  /** When the batch was created, ISO 8601. */
  createdAt: string;
}

/** Records an orphan. Requires proof. */
export async function recordOrphan(
  store: Store,
  { job, chunk, round }: RoundRef,
  attempt: number,
  { id: batch, createdAt }: { id: string; createdAt: Date },
): Promise<void> {
  const orphan: Orphan = { batch, chunk, round, attempt, createdAt: createdAt.toISOString() };
  await putJson(store, keys.orphan(job, batch), orphan);
}

/** Returns the known orphans of a job, or of one of its chunks. */
export async function listOrphans(store: Store, job: JobRef, chunk?: number): Promise<Orphan[]> {
  const orphans: Orphan[] = [];
  for await (const { key } of store.list(keys.orphans(job))) {
    const orphan = await readJson<Orphan>(store, key);
    if (chunk === undefined || orphan.chunk === chunk) orphans.push(orphan);
  }
  return orphans;
}
