/** One Message Batch, as far as this project needs to know it. */
export interface Batch {
  id: string;
  status: 'in_progress' | 'canceling' | 'ended';
  createdAt: Date;
  /** Requests in the batch: the sum of its `request_counts`. */
  size: number;
  counts: { processing: number; succeeded: number; errored: number; canceled: number; expired: number };
  resultsUrl: string | null;
  archivedAt: Date | null;
}

export interface BatchPage {
  batches: Batch[];
  hasMore: boolean;
  /** The API's clock when it answered. */
  now: Date;
}

/**
 * What the activities ask of the Message Batches API. Implemented over the official SDK; every error is an `ApiCallError`, which
 * holds nothing that the client authenticates with.
 */
export interface BatchesApi {
  /** Tells keys and workspaces apart without saying anything about them. */
  readonly fingerprint: string;
  /** Takes out of a text what the client authenticates with. */
  withoutSecrets(text: string): string;
  /** Sends a body of known length; it is read once, as a stream. Never retried. */
  create(
    body: { size: number; stream: ReadableStream<Uint8Array> },
    options: { betas: string[]; signal: AbortSignal },
  ): Promise<Batch>;
  retrieve(batchId: string): Promise<Batch>;
  /** The input tokens of a request. What passes is waited out, for some minutes. */
  countTokens(
    params: Record<string, unknown>,
    options: { betas: readonly string[]; signal: AbortSignal },
  ): Promise<number>;
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
  results(batch: Batch, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}
