import { NO_REQUEST } from '../../src/input/chunk';
import { DIGEST_BYTES } from '../../src/input/digest-table';
import type { ChunkRef } from '../../src/job/activity-types';
import { lines } from '../../src/lines/split';
import { keys } from '../../src/records/keys';
import type { Store } from '../../src/store/store';

export interface RequestDigest {
  digest: Buffer;
  ordinal: number;
}

/**
 * Yields the digests of a chunk's sendable requests. @throws {KeyNotFoundError} if the chunk was not planned
 */
export async function* requestDigests(
  store: Store,
  { job, chunk }: ChunkRef,
  signal: AbortSignal,
): AsyncGenerator<RequestDigest> {
  let ordinal = 0;
  for await (const batch of lines(await store.open(keys.digests(job, chunk)))) {
    signal.throwIfAborted();
    for (const { bytes } of batch) {
      const text = bytes.toString('latin1');
      if (text !== NO_REQUEST) yield { digest: Buffer.from(text.slice(0, 2 * DIGEST_BYTES), 'hex'), ordinal };
      ordinal += 1;
    }
  }
}

/**
 * Returns whether a digest belongs to this pass. A set that is too large for one pass is divided by its
 * digests.
 */
export const isOfPass = (digest: Buffer, pass: number, passes: number): boolean =>
  digest.readUInt32LE(DIGEST_BYTES - 4) % passes === pass;
