import { NO_REQUEST } from '../../src/input/chunk';
import { DIGEST_BYTES } from '../../src/input/digest-table';
import type { ChunkRef } from '../../src/job/activity-types';
import { eachLine } from '../../src/lines/split';
import { chunkFiles } from '../../src/records/planned-chunk';
import type { Store } from '../../src/store/store';
import { abortable } from '../runtime/context';

export interface RequestDigest {
  digest: Buffer;
  ordinal: number;
}

/**
 * Yields the digests of a chunk's sendable requests. @throws {KeyNotFoundError} if the chunk was not planned
 */
export async function* requestDigests(
  store: Store,
  ref: ChunkRef,
  signal: AbortSignal,
): AsyncGenerator<RequestDigest> {
  const { digests } = await chunkFiles(store, ref);
  for await (const { bytes, ordinal } of eachLine(abortable(await store.open(digests), signal))) {
    const text = bytes.toString('latin1');
    if (text !== NO_REQUEST) yield { digest: Buffer.from(text.slice(0, 2 * DIGEST_BYTES), 'hex'), ordinal };
  }
}

/**
 * Returns whether a digest belongs to this pass. A set that is too large for one pass is divided by its
 * digests.
 */
export const isOfPass = (digest: Buffer, pass: number, passes: number): boolean =>
  digest.readUInt32LE(DIGEST_BYTES - 4) % passes === pass;
