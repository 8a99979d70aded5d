import type { ChunkRef } from '../job/activity-types';
import { putIfAbsent } from '../store/optional';
import type { Store } from '../store/store';
import { closedAt, keys } from './keys';

/**
 * Closes a chunk to every send that was requested before `at`, in milliseconds of the Temporal server's
 * clock. Call before the ledger's attempts are closed: a send that was requested long ago and reads the
 * ledger only afterwards would find the next attempt free. A chunk that is closed never opens again for an
 * earlier send.
 */
export async function fenceChunk(store: Store, { job, chunk }: ChunkRef, at: number): Promise<void> {
  await putIfAbsent(store, keys.closed(job, chunk, at), '{}\n');
}

/**
 * Returns whether a send was requested, or its job last known to be running, at `asked`, before the chunk was
 * closed. Call after reading the ledger. If the chunk is still open, that read predates the close, so the
 * next attempt can still be overtaken.
 */
export async function isFencedOff(store: Store, { job, chunk }: ChunkRef, asked: number): Promise<boolean> {
  for await (const { key } of store.list(keys.allClosed(job, chunk))) {
    if (asked < closedAt(key)) return true;
  }
  return false;
}
