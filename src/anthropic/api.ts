import type { UploadSocket } from './upload-socket';

export const BATCH_STATUSES = ['in_progress', 'canceling', 'ended'] as const;
export const COUNT_NAMES = ['processing', 'succeeded', 'errored', 'canceled', 'expired'] as const;

/** Requests of a batch by what became of them. */
export type BatchCounts = Record<(typeof COUNT_NAMES)[number], number>;

/** One Message Batch, as far as this project needs to know it. */
export interface Batch {
  id: string;
  status: (typeof BATCH_STATUSES)[number];
  /** Absent where the reply has no such time. */
  createdAt?: Date;
  /** Those of its `request_counts` that the reply has: gateways leave out zeros. */
  counts: Partial<BatchCounts>;
  /** Requests in the batch: the sum of all five counts. Absent where one is missing, or all are zero. */
  size?: number;
  resultsUrl: string | null;
  archivedAt: Date | null;
}

/** An entry of the list: any of its fields may be missing. */
export type ListedBatch = Partial<Batch> & Pick<Batch, 'counts'>;

export interface BatchPage {
  batches: ListedBatch[];
  /** Absent where the reply does not say. */
  hasMore?: boolean;
  /** The last entry's id, by the reply itself. */
  lastId?: string;
  /** The API's clock when it replied; absent for a reply without a `Date`. */
  now?: Date;
}

/**
 * What the activities ask of the Message Batches API. Implemented over the official SDK; every error is an `ApiCallError`, which
 * holds nothing that the client authenticates with. A reply without the API's shape is an error of its own type.
 */
export interface BatchesApi {
  /** Tells keys and workspaces apart without saying anything about them. */
  readonly fingerprint: string;
  /** Takes out of a text what the client authenticates with. */
  withoutSecrets(text: string): string;
  /**
   * Sends a body of known length; it is read once, as a stream. Never retried.
   *
   * @param options.onSocket called with the socket before the body is read, if the client shows it
   */
  create(
    body: { size: number; stream: ReadableStream<Uint8Array> },
    options: { betas: string[]; signal: AbortSignal; onSocket: (socket: UploadSocket) => void },
  ): Promise<Batch>;
  retrieve(batchId: string): Promise<Batch>;
  /** The input tokens of a request. What passes is waited out, for some minutes. */
  countTokens(
    params: Record<string, unknown>,
    options: { betas: readonly string[]; signal: AbortSignal },
  ): Promise<number>;
  /** The API's clock. */
  time(): Promise<Date>;
  /** Newest first. */
  list(options: { limit: number; after?: string }): Promise<BatchPage>;
  cancel(batchId: string): Promise<Batch>;
  /** Only of a batch that has ended. */
  delete(batchId: string): Promise<void>;
  /**
   * Sends one request by itself, through `messages.create`. Never retried.
   *
   * @param params the bytes that are sent
   * @returns the answer as the `result` of a row of a batch's results, in JSON on one line: `succeeded`, or `errored` where the API
   *   refuses this request and no other try would change that.
   */
  message(params: Uint8Array, options: { betas: string[] }): Promise<string>;
  /** The raw bytes of the results, as the server sends them. */
  results(batch: Pick<Batch, 'id' | 'resultsUrl'>, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}
