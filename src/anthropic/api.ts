import type { UploadSocket } from './upload-socket';

export const BATCH_STATUSES = ['in_progress', 'canceling', 'ended'] as const;
export const COUNT_NAMES = ['processing', 'succeeded', 'errored', 'canceled', 'expired'] as const;

/** Number of requests of a batch by outcome. */
export type BatchCounts = Record<(typeof COUNT_NAMES)[number], number>;

/** One Message Batch, with the fields that this project needs. */
export interface Batch {
  id: string;
  status: (typeof BATCH_STATUSES)[number];
  /** Unset if the reply has no such time. */
  createdAt?: Date;
  /** The `request_counts` that the reply contains. Gateways omit zeros. */
  counts: Partial<BatchCounts>;
  /** Requests in the batch: the sum of all five counts. Unset if a count is missing, or all are zero. */
  size?: number;
  resultsUrl: string | null;
  archivedAt: Date | null;
}

/** An entry of the list. Any field may be missing. */
export type ListedBatch = Partial<Batch> & Pick<Batch, 'counts'>;

export interface BatchPage {
  batches: ListedBatch[];
  /** Unset if the reply does not say. */
  hasMore?: boolean;
  /** The last entry's id, according to the reply. */
  lastId?: string;
  /** The API's clock when it replied. Unset for a reply without a `Date`. */
  now?: Date;
}

/** The API's clock, and what its list showed at that moment. */
export interface ApiTime {
  now: Date;
  /**
   * The newest batch, at the epoch if there was none. Unset if the reply does not say when it was created.
   */
  newest?: { id?: string; createdAt: Date };
}

/**
 * The Message Batches API as the activities use it, implemented over the official SDK. Every error is an
 * `ApiCallError`, which contains no credentials. A reply of the wrong shape is an error of its own type.
 */
export interface BatchesApi {
  /** Distinguishes keys and workspaces without revealing them. */
  readonly fingerprint: string;
  /** Removes the client's credentials from a text. */
  withoutSecrets(text: string): string;
  /**
   * Sends a body of known length, which is read once, as a stream. Never retried.
   *
   * @param options.onSocket called with the socket before the body is read, if the client exposes it
   */
  create(
    body: { size: number; stream: ReadableStream<Uint8Array> },
    options: { betas: string[]; signal: AbortSignal; onSocket: (socket: UploadSocket) => void },
  ): Promise<Batch>;
  retrieve(batchId: string): Promise<Batch>;
  /** Returns the input tokens of a request. Retries transient failures for some minutes. */
  countTokens(
    params: Record<string, unknown>,
    options: { betas: readonly string[]; signal: AbortSignal },
  ): Promise<number>;
  /** Reads the API's clock with one call to the list. */
  time(): Promise<ApiTime>;
  /** Newest first. */
  list(options: { limit: number; after?: string }): Promise<BatchPage>;
  cancel(batchId: string): Promise<Batch>;
  /** Only for a batch that has ended. */
  delete(batchId: string): Promise<void>;
  /**
   * Sends one request live, through `messages.create`. Never retried.
   *
   * @param params the bytes to send
   * @returns the answer as the `result` of a batch's result row, in JSON on one line: `succeeded`, or
   *   `errored` if the API rejects this request and a retry would not change that
   */
  message(params: Uint8Array, options: { betas: string[] }): Promise<string>;
  /** Returns the raw bytes of the results, as the server sends them. */
  results(batch: Pick<Batch, 'id' | 'resultsUrl'>, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}
