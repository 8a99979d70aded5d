/**
 * The names that Temporal registers. All begin with `anthropic`: of two workflows, activities, signals, updates or queries
 * of one name a worker silently keeps one.
 */
export const DOCUMENT_SET = 'anthropicDocumentSet';
export const MESSAGE_BATCH = 'anthropicMessageBatch';

/** Query: `JobProgress`. */
export const PROGRESS = 'anthropicProgress';
/** Updates of a document set, without arguments; they answer once the job has taken them. */
export const PAUSE = 'anthropicPause';
export const RESUME = 'anthropicResume';

/** Signal of a chunk to its document set: a `ChunkState`. */
export const CHUNK_STATE = 'anthropicChunkState';
/** Signals of a document set to its chunks. */
export const PAUSE_CHUNK = 'anthropicPauseChunk';
export const RESUME_CHUNK = 'anthropicResumeChunk';

/** Search attributes, all of type Keyword, used when they are registered. */
export const SEARCH_ATTRIBUTES = {
  state: 'AnthropicBatchState',
  batch: 'AnthropicBatchId',
  model: 'AnthropicBatchModel',
} as const;

/** The memo that tells which folder of the store is a workflow's: a `JobRef`. */
export const JOB_MEMO = 'anthropicBatchJob';
