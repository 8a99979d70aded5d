import type { StoreSource } from './store';

/**
 * Yields the source's bytes in pieces of `size` bytes (the last one may be shorter), so that many small
 * chunks do not cost a write each. The pieces are copies: a source may reuse its buffers.
 */
export async function* inPieces(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let piece = Buffer.allocUnsafeSlow(size);
  let used = 0;
  for await (const chunk of source) {
    for (let taken = 0; taken < chunk.byteLength; ) {
      const part = chunk.subarray(taken, taken + size - used);
      piece.set(part, used);
      taken += part.byteLength;
      used += part.byteLength;
      if (used === size) {
        yield piece;
        piece = Buffer.allocUnsafeSlow(size);
        used = 0;
      }
    }
  }
  if (used > 0) yield piece.subarray(0, used);
}

/** Returns the bytes of a source in memory; `undefined` for a stream. */
export function bytesOf(source: StoreSource): Uint8Array | undefined {
  if (typeof source === 'string') return Buffer.from(source, 'utf8');
  return source instanceof Uint8Array ? source : undefined;
}
