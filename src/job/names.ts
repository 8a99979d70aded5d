/**
 * The names that Temporal registers. All begin with `anthropic`: of two workflows, activities, signals, updates or queries
 * of one name a worker silently keeps one.
 */
export const DOCUMENT_SET = 'anthropicDocumentSet';
export const MESSAGE_BATCH = 'anthropicMessageBatch';
/** Carries a segment of a set that has more chunks than one workflow can. */
export const SEGMENT = 'anthropicSegment';

/** Brings home what a job had bought whose workflow is gone, or looks again at one that has ended. */
export const RECONCILE_JOB = 'anthropicReconcileJob';

/** Deletes the batches of a job at the API. */
export const DELETE_JOB = 'anthropicDeleteJob';

/** Signals to a document set, for display alone: a `ChunkState` of a chunk, and `SegmentNews` of a segment. */
export const CHUNK_STATE = 'anthropicChunkState';
export const SEGMENT_NEWS = 'anthropicSegmentNews';
/** Signal to a child, which ignores it: the server says whether the child still runs. */
export const PING = 'anthropicPing';

/** Search attributes, all of type Keyword, used when they are registered. */
export const SEARCH_ATTRIBUTES = {
  state: 'AnthropicBatchState',
  batch: 'AnthropicBatchId',
  model: 'AnthropicBatchModel',
} as const;

/** The memo that tells which folder of the store is a workflow's: a `JobRef`. */
export const JOB_MEMO = 'anthropicBatchJob';
/** The memo that tells how far a job is: a `JobProgress`. */
export const PROGRESS_MEMO = 'anthropicBatchProgress';
/** The memo of a chunk's workflow: a `ChunkMemo`. */
export const CHUNK_MEMO = 'anthropicBatchChunk';
