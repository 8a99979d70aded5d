import type { ChunkRef } from '../job/activity-types';
import { findJson, putJson } from '../store/json';
import type { Store } from '../store/store';
import { keys } from './keys';

interface Closing {
  /** Milliseconds of the Temporal server's clock. */
  at: number;
}

/**
 * Closes a chunk to every sending that was asked for before `at`. It goes before whatever closes the attempts in the ledger: a
 * sending that was asked for long ago and reads the ledger only after that would find the next attempt free.
 */
export async function fenceChunk(store: Store, { job, chunk }: ChunkRef, at: number): Promise<void> {
  const key = keys.closed(job, chunk);
  const standing = await findJson<Closing>(store, key);
  if (standing === undefined || standing.at < at) await putJson(store, key, { at } satisfies Closing);
}

/**
 * Whether a sending that was asked for at `asked`, or for a job that was last heard of then, came before the chunk was closed. To be
 * asked after the ledger was read: who then finds the chunk open read it before it was closed, and what is next by it is still to be overtaken.
 */
export async function isFencedOff(store: Store, { job, chunk }: ChunkRef, asked: number): Promise<boolean> {
  const closing = await findJson<Closing>(store, keys.closed(job, chunk));
  return closing !== undefined && asked < closing.at;
}
