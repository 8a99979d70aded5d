import type { StoredInput } from '../job-spec/spec';
import { parse } from './documents';
import { unidentified } from './id';

/**
 * Yields the beginning of an input's copy, up to the end of a number of documents. It is a copy of an input
 * that has only these.
 *
 * @throws {InputError} if one of them is invalid
 */
export async function* firstDocuments(
  bytes: AsyncIterable<Uint8Array>,
  stored: StoredInput,
  limit: number,
): AsyncGenerator<Uint8Array> {
  const held = new HeldBytes();
  let documents = 0;
  for await (const batch of parse(held.of(bytes), stored, { offset: 0, line: 0 }, unidentified)) {
    let end = 0;
    for (const { next } of batch) {
      end = next.offset;
      if (++documents === limit) break;
    }
    // A parser may look ahead, so later bytes are kept back.
    yield* held.until(end);
    if (documents === limit) {
      if (stored.format === 'json') yield Buffer.from(']');
      return;
    }
  }
  yield* held.until(Number.POSITIVE_INFINITY);
}

/** The bytes of a stream that were read and not yielded yet. */
class HeldBytes {
  #pieces: Uint8Array[] = [];
  /** Offset of the first held byte. */
  #start = 0;

  /** Passes a stream on, and holds it. */
  async *of(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of bytes) {
      this.#pieces.push(piece);
      yield piece;
    }
  }

  /** Yields the held bytes before an offset. */
  *until(end: number): Generator<Uint8Array> {
    while (this.#pieces.length > 0 && this.#start < end) {
      const piece = this.#pieces.shift()!;
      const part = piece.subarray(0, end - this.#start);
      if (part.length < piece.length) this.#pieces.unshift(piece.subarray(part.length));
      this.#start += part.length;
      yield part;
    }
  }
}
