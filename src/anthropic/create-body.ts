import { customId } from '../job/protocol/custom-id';
import type { Line } from '../lines/split';

/**
 * The bytes before and after the elements of `requests`. An attempt holds the tail back until it has won the
 * gate.
 */
const HEAD = Buffer.from('{"requests":[');
export const TAIL = Buffer.from(']}');

const NULL = Buffer.from('null');
const NEXT = 64 * 1024;

/** The requests of a chunk that a round sends. */
export interface Selected {
  /** Lines of the chunk's `requests.jsonl`, in the splitter's batches. */
  lines: AsyncIterable<Line[]>;
  /** Ordinals to send. Unset: all sendable requests. */
  selection?: ReadonlySet<number>;
}

export interface SelectedRequest {
  ordinal: number;
  /** Valid until the next batch is read. */
  params: Buffer;
  /** Offset of its first byte. */
  start: number;
}

/** Yields the requests that a round sends, in batches. */
export async function* selected({ lines, selection }: Selected): AsyncGenerator<SelectedRequest[]> {
  let ordinal = -1;
  for await (const batch of lines) {
    const rows: SelectedRequest[] = [];
    for (const { bytes: line, start } of batch) {
      ordinal += 1;
      if (line.equals(NULL) || (selection && !selection.has(ordinal))) continue;
      rows.push({ ordinal, params: line, start });
    }
    if (rows.length > 0) yield rows;
  }
}

const prefix = (nonce: string, ordinal: number) => `{"custom_id":"${customId(nonce, ordinal)}","params":`;

/** Returns the number of bytes and requests of a create body, including the tail, without building it. */
export async function measureBody(
  requests: Selected,
  nonce: string,
): Promise<{ size: number; count: number }> {
  let size = HEAD.length + TAIL.length;
  let count = 0;
  for await (const rows of selected(requests)) {
    for (const { ordinal, params } of rows) {
      size += prefix(nonce, ordinal).length + params.length + 1 + (count > 0 ? 1 : 0);
      count += 1;
    }
  }
  return { size, count };
}

/**
 * Yields the create body without its tail: the stored bytes of each request, with its `custom_id` inserted.
 */
export async function* bodyWithoutTail(requests: Selected, nonce: string): AsyncGenerator<Uint8Array> {
  let pending: Uint8Array[] = [HEAD];
  let bytes = HEAD.length;
  let first = true;
  for await (const rows of selected(requests)) {
    for (const { ordinal, params } of rows) {
      const before = Buffer.from(`${first ? '' : ','}${prefix(nonce, ordinal)}`);
      pending.push(before, params, CLOSE);
      bytes += before.length + params.length + 1;
      first = false;
      if (bytes < NEXT) continue;
      yield Buffer.concat(pending, bytes);
      pending = [];
      bytes = 0;
    }
  }
  if (bytes > 0) yield Buffer.concat(pending, bytes);
}

const CLOSE = Buffer.from('}');

/** The last `END` bytes of a body are sent in pieces of `SMALL` bytes. */
const END = 64 * 1024;
const SMALL = 4 * 1024;

/**
 * Cuts the end of a body into small pieces, so that the last one is pulled only when little of the previous
 * ones waits for the socket.
 */
export async function* withSmallEnd(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let last: Uint8Array | undefined;
  for await (const piece of pieces) {
    if (last) yield last;
    last = piece;
  }
  if (!last) return;
  const from = Math.max(0, last.length - END);
  if (from > 0) yield last.subarray(0, from);
  for (let at = from; at < last.length; at += SMALL) yield last.subarray(at, at + SMALL);
}
