import type { ChunkPlan, JobRef } from '../job/job';
import type { Store } from '../store/store';
import { keys } from './keys';
import { findPlannedChunk } from './planned-chunk';

type Folder = Pick<JobRef, 'id' | 'instance'>;

/** A planned chunk in the store. */
export interface StoredChunk extends ChunkPlan {
  chunk: number;
}

/**
 * Yields the planned chunks of a job that the store holds, in order from chunk `from`. A chunk whose planning
 * was interrupted is omitted.
 */
export async function* storedChunks(store: Store, job: Folder, from = 0): AsyncGenerator<StoredChunk> {
  for await (const folder of store.folders(keys.chunks(job))) {
    const chunk = Number(folder);
    const planned = chunk < from ? undefined : await findPlannedChunk(store, { job, chunk });
    if (planned) yield { chunk, ...planned.plan };
  }
}
