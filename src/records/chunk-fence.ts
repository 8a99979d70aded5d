import type { ChunkRef } from '../job/activity-types';
import { findJson, putJson } from '../store/json';
import type { Store } from '../store/store';
import { keys } from './keys';

interface Closing {
  /** Milliseconds of the Temporal server's clock. */
  at: number;
}

/**
 * Closes a chunk to every send that was requested before `at`. Call before the ledger's attempts are closed:
 * a send that was requested long ago and reads the ledger only afterwards would find the next attempt free.
 */
export async function fenceChunk(store: Store, { job, chunk }: ChunkRef, at: number): Promise<void> {
  const key = keys.closed(job, chunk);
  const standing = await findJson<Closing>(store, key);
  if (standing === undefined || standing.at < at) await putJson(store, key, { at } satisfies Closing);
}

/**
 * Returns whether a send was requested, or its job last known to be running, at `asked`, before the chunk was
 * closed. Call after reading the ledger. If the chunk is still open, that read predates the close, so the
 * next attempt can still be overtaken.
 */
export async function isFencedOff(store: Store, { job, chunk }: ChunkRef, asked: number): Promise<boolean> {
  const closing = await findJson<Closing>(store, keys.closed(job, chunk));
  return closing !== undefined && asked < closing.at;
}
