import { hash } from 'node:crypto';
import type { PlanCursor } from '../job/activity-types';
import type { ChunkPlan } from '../job/job';
import { documentLine } from '../records/document-line';
import type { Lookahead } from './lookahead';

/** A document with its request, ready for a chunk. */
export interface PlannedRequest {
  id: string;
  line: number;
  /** The file that has the line, if the input has several. */
  file?: string;
  /** The params as JSON, without a line break. */
  request: string | Buffer;
  /** Bytes of the request. */
  size: number;
  /** The position at which planning continues after this document. */
  next: Omit<PlanCursor, 'chunk'>;
}

/** The limits of a chunk. */
export interface ChunkLimits {
  /** Documents. */
  chunkSize: number;
  /** Bytes of the request body. */
  chunkBytes: number;
}

/** The line in `digests` for a document that cannot be sent. */
export const NO_REQUEST = '-';

/**
 * The bytes of a request in a body besides its params, rounded up: `{"custom_id":"…","params":…},` with an
 * id of at most 64 characters.
 */
export const REQUEST_OVERHEAD = 128;

/** Returns whether a request is too large for any chunk, even alone. */
export const isTooLarge = (size: number, chunkBytes: number): boolean => size + REQUEST_OVERHEAD > chunkBytes;

const PIECE = 1024 * 1024;
const NEWLINE = 0x0a;
const NULL = 'null';

/**
 * Takes one chunk's share of the planned requests and produces its files. The share depends only on the
 * documents and the limits, so planning a page again writes the same chunks.
 */
export class ChunkDraft {
  documents = 0;
  requests = 0;
  /** The position at which planning continues after the chunk. */
  next: Omit<PlanCursor, 'chunk'> | undefined;
  /** The error that ended the requests early. Kept because stores may wrap it. */
  failure: unknown;
  #bytes = 0;
  readonly #documentLines: string[] = [];
  readonly #digests: string[] = [];

  readonly #source: Lookahead<PlannedRequest>;
  readonly #limits: ChunkLimits;

  constructor(source: Lookahead<PlannedRequest>, limits: ChunkLimits) {
    this.#source = source;
    this.#limits = limits;
  }

  get plan(): ChunkPlan {
    return { documents: this.documents, requests: this.requests };
  }

  /** Bytes of the chunk's request body. */
  get size(): number {
    return this.#bytes;
  }

  /**
   * Yields `requests.jsonl`: one line per document, `null` if it cannot be sent. Takes the documents, so read
   * it once.
   */
  async *requestsFile(): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#takeAll();
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  /** Returns `documents.jsonl`, after `requestsFile` was read. */
  documentsFile(): string {
    return this.#documentLines.join('');
  }

  /** Returns `digests`, after `requestsFile` was read. */
  digestsFile(): string {
    return this.#digests.map((digest) => `${digest}\n`).join('');
  }

  async *#takeAll(): AsyncGenerator<Uint8Array> {
    let piece = Buffer.allocUnsafe(PIECE);
    let used = 0;
    while (true) {
      const item = this.#source.peek() ?? (await this.#source.fill());
      if (!item || !this.#fits(item)) break;
      this.#source.take();
      const [request, size] = this.#add(item) ? [item.request, item.size] : [NULL, NULL.length];
      if (used + size + 1 > piece.length) {
        if (used > 0) yield piece.subarray(0, used);
        // A new buffer, because the store may still use the last one.
        piece = Buffer.allocUnsafe(Math.max(PIECE, size + 1));
        used = 0;
      }
      used += typeof request === 'string' ? piece.write(request, used) : request.copy(piece, used);
      piece[used++] = NEWLINE;
    }
    if (used > 0) yield piece.subarray(0, used);
  }

  #fits(item: PlannedRequest): boolean {
    if (this.documents === 0) return true;
    if (this.documents >= this.#limits.chunkSize) return false;
    return this.#tooLarge(item) || this.#bytes + item.size + REQUEST_OVERHEAD <= this.#limits.chunkBytes;
  }

  #tooLarge({ size }: PlannedRequest): boolean {
    return isTooLarge(size, this.#limits.chunkBytes);
  }

  /** Records a document. @returns whether its request can be sent. */
  #add(item: PlannedRequest): boolean {
    const { id, line, file, request, size, next } = item;
    this.documents++;
    this.next = next;
    if (this.#tooLarge(item)) {
      const not_sent = {
        type: 'request_too_large',
        message:
          `The request has ${size + REQUEST_OVERHEAD} bytes. ` +
          `A chunk may have at most ${this.#limits.chunkBytes} (chunkBytes).`,
      };
      this.#documentLines.push(documentLine({ id, line, file, not_sent }));
      this.#digests.push(NO_REQUEST);
      return false;
    }
    this.#documentLines.push(documentLine({ id, line, file }));
    this.#digests.push(hash('sha256', request));
    this.requests++;
    this.#bytes += size + REQUEST_OVERHEAD;
    return true;
  }
}
