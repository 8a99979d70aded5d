import type { ChunkRef, RoundRef } from '../job/activity-types';
import type { JobRef } from '../job/job';
import type { Store } from '../store/store';
import { endsRound, keys } from './keys';

/**
 * Yields the rounds of a chunk that have a folder, in order: rounds that began, or whose requests were
 * selected.
 */
export async function* chunkRounds(store: Store, { job, chunk }: ChunkRef): AsyncGenerator<RoundRef> {
  for await (const name of store.folders(keys.rounds(job, chunk))) yield { job, chunk, round: Number(name) };
}

/** Yields the rounds of all chunks of a job, chunk by chunk. */
export async function* jobRounds(store: Store, job: JobRef): AsyncGenerator<RoundRef> {
  for await (const name of store.folders(keys.chunks(job))) {
    yield* chunkRounds(store, { job, chunk: Number(name) });
  }
}

/** Returns whether results of a chunk's rounds, or records of lost results, came at or after `time`. */
export async function cameHomeSince(store: Store, { job, chunk }: ChunkRef, time: Date): Promise<boolean> {
  for await (const { key, modified } of store.list(keys.rounds(job, chunk))) {
    if (modified >= time && endsRound(key)) return true;
  }
  return false;
}
