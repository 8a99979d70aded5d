import { isUtf8 } from 'node:buffer';

/** The stream contains bytes that are not UTF-8, right after the text yielded so far. */
export class NotUtf8Error extends Error {
  override readonly name = 'NotUtf8Error';
}

/**
 * Yields a stream of UTF-8 text in pieces that end between characters.
 *
 * @throws {NotUtf8Error} after all text before the invalid bytes.
 */
export async function* utf8(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of source) {
    const next = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const bytes = rest.length > 0 ? Buffer.concat([rest, next]) : next;
    const whole = bytes.subarray(0, bytes.length - unfinished(bytes));
    if (!isUtf8(whole)) {
      yield whole.subarray(0, validPrefix(whole));
      throw new NotUtf8Error();
    }
    rest = bytes.subarray(whole.length);
    if (whole.length > 0) yield whole;
  }
  if (rest.length > 0) throw new NotUtf8Error();
}

/** Returns the number of bytes at the end that start a character of the next piece: 0 to 3. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    const isContinuation = byte >> 6 === 0b10;
    if (isContinuation) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

/** Returns the length of the longest prefix of valid lines. A newline is never part of a longer character. */
function validPrefix(bytes: Buffer): number {
  let from = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, from)) {
    if (!isUtf8(bytes.subarray(from, at))) break;
    from = at + 1;
  }
  return from;
}
