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

/** The types of this package's workflows. */
export const WORKFLOW_TYPES: ReadonlySet<string> = new Set([
  DOCUMENT_SET,
  MESSAGE_BATCH,
  SEGMENT,
  RECONCILE_JOB,
  DELETE_JOB,
]);

/** Query: `JobProgress`. */
export const PROGRESS = 'anthropicProgress';
/** Updates of a document set, without arguments; they answer once the job has taken them. */
export const PAUSE = 'anthropicPause';
export const RESUME = 'anthropicResume';

/** Update of a document set, with a `RaiseBudget`; it answers once the store has the new cap. */
export const RAISE_BUDGET = 'anthropicRaiseBudget';

/** Signal of a chunk to its document set: a `ChunkState`. */
export const CHUNK_STATE = 'anthropicChunkState';
/** Signals of a document set to its chunks and segments. */
export const PAUSE_CHUNK = 'anthropicPauseChunk';
export const RESUME_CHUNK = 'anthropicResumeChunk';
/** To a chunk that waits for room in a budget: there may be some. */
export const BUDGET_CHANGED = 'anthropicBudgetChanged';

/** Signal of a document set to a segment: more `Slots`. */
export const GRANT_SLOTS = 'anthropicGrantSlots';
/** Signals of a segment to its document set: a `Release`, and `SegmentNews`. */
export const RELEASE_SLOTS = 'anthropicReleaseSlots';
export const SEGMENT_NEWS = 'anthropicSegmentNews';

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
