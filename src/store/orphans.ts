import type { JobRef } from '../job/job';
import type { ChunkRef, RoundRef } from '../job/steps';
import { putJson, readJson } from './json';
import { keys } from './keys';
import type { Store } from './store';

/** A batch of the job that was bought although its attempt had been presumed void. */
export interface Orphan {
  batch: string;
  chunk: number;
  round: number;
  attempt: number;
}

/** Notes an orphan. Written on proof only. */
export async function recordOrphan(
  store: Store,
  { job, chunk, round }: RoundRef,
  attempt: number,
  batch: string,
): Promise<void> {
  const orphan: Orphan = { batch, chunk, round, attempt };
  await putJson(store, keys.orphan(job, batch), orphan);
}

/** The orphans of a job, or of one chunk of it, that are known so far. */
export async function listOrphans(store: Store, job: JobRef, chunk?: number): Promise<Orphan[]> {
  const orphans: Orphan[] = [];
  for await (const { key } of store.list(keys.orphans(job))) {
    const orphan = await readJson<Orphan>(store, key);
    if (chunk === undefined || orphan.chunk === chunk) orphans.push(orphan);
  }
  return orphans;
}

/** The orphans of a chunk whose results are in the store, in order of their rounds. */
export async function* orphanResults(
  store: Store,
  { job, chunk }: ChunkRef,
): AsyncGenerator<{ batch: string; key: string }> {
  const orphans = await listOrphans(store, job, chunk);
  for (const { batch, round } of orphans.sort((a, b) => a.round - b.round)) {
    const key = keys.orphanResults(job, chunk, round, batch);
    if (await store.head(key)) yield { batch, key };
  }
}
