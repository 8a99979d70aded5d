import type { ChunkPlan, JobRef } from '../job/job';
import { eachLine } from '../lines/split';
import { ifFound } from '../store/optional';
import type { Store } from '../store/store';
import { readDocument } from './document-line';
import { keys } from './keys';

type Folder = Pick<JobRef, 'id' | 'instance'>;

/** A planned chunk in the store. */
export interface StoredChunk extends ChunkPlan {
  chunk: number;
}

/**
 * Yields the planned chunks of a job that the store holds, in order from chunk `from`. A chunk whose planning
 * was interrupted has no documents and is omitted.
 */
export async function* storedChunks(store: Store, job: Folder, from = 0): AsyncGenerator<StoredChunk> {
  for await (const folder of store.folders(keys.chunks(job))) {
    const chunk = Number(folder);
    if (chunk < from) continue;
    const plan = await countDocuments(store, job, chunk);
    if (plan) yield { chunk, ...plan };
  }
}

async function countDocuments(store: Store, job: Folder, chunk: number): Promise<ChunkPlan | undefined> {
  const documents = await ifFound(store.open(keys.documents(job, chunk)));
  if (!documents) return undefined;
  const plan: ChunkPlan = { documents: 0, requests: 0 };
  for await (const { bytes } of eachLine(documents)) {
    plan.documents += 1;
    if (readDocument(bytes).not_sent === undefined) plan.requests += 1;
  }
  return plan;
}
