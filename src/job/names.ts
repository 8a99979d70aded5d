/**
 * The names that are registered with Temporal. All begin with `anthropic`: of two workflows, activities,
 * signals, updates or queries with the same name, a worker silently keeps one.
 */
export const DOCUMENT_SET = 'anthropicDocumentSet';
export const MESSAGE_BATCH = 'anthropicMessageBatch';
/** Carries a segment of a set that has more chunks than one workflow can carry. */
export const SEGMENT = 'anthropicSegment';

/** Collects what a job had bought whose workflow is gone, or checks a job that has ended. */
export const RECONCILE_JOB = 'anthropicReconcileJob';

/** Deletes the batches of a job at the API. */
export const DELETE_JOB = 'anthropicDeleteJob';

/** Calls the webhook of a job that has ended. */
export const CALL_WEBHOOK = 'anthropicCallWebhook';

/** Signals to a document set, for display alone: a chunk's `ChunkState` and a segment's `SegmentNews`. */
export const CHUNK_STATE = 'anthropicChunkState';
export const SEGMENT_NEWS = 'anthropicSegmentNews';
/** Signal to a child, which ignores it. The server's reply shows whether the child still runs. */
export const PING = 'anthropicPing';

/** Search attributes, all of type Keyword. Used if they are registered. */
export const SEARCH_ATTRIBUTES = {
  state: 'AnthropicBatchState',
  batch: 'AnthropicBatchId',
  model: 'AnthropicBatchModel',
} as const;

/** Memo with the folder of the store that belongs to a workflow: a `JobRef`. */
export const JOB_MEMO = 'anthropicBatchJob';
/** Memo with the progress of a job: a `JobProgress`. */
export const PROGRESS_MEMO = 'anthropicBatchProgress';
/** Memo of a chunk's workflow: a `ChunkMemo`. */
export const CHUNK_MEMO = 'anthropicBatchChunk';
