// The workflows: no side effects, only decisions of src/job and steps of activities/.
// `.dependency-cruiser.cjs` lists which folders each may import.

export type { Cost, Spent } from '../src/cost/cost';
export type { PriceLine, TokenKind, TokenPrices, Tokens } from '../src/cost/prices/prices';
export type { ChunkEnd, DeletedBatches } from '../src/job/activity-types';
export type { ErrorCount } from '../src/job/error-counts';
export type {
  CallWebhookInput,
  ChildJob,
  DocumentSetInput,
  MessageBatchInput,
  Rebuild,
  ReconcileJobInput,
  Salvage,
  StoredDocuments,
  StoredJobSpec,
} from '../src/job/inputs';
export type {
  ChunkPlan,
  ChunkSummary,
  JobRef,
  JobSettings,
  JobState,
  JobSummary,
  OnBudget,
  ResultStatus,
  StatusCounts,
} from '../src/job/job';
export type { LiveCounts } from '../src/job/live';
export type { LostCounts } from '../src/job/lost-answers';
export type { OddCounts, OddKind } from '../src/job/odd-results';
export type { OnComplete } from '../src/job/on-complete';
export type { SubmissionTimes } from '../src/job/protocol/submission';
export type { SegmentInput, Slots, Totals } from '../src/job/segments';
export type {
  NotInBatches,
  Placeholder,
  RequestParams,
  RequestTemplate,
  Templated,
} from '../src/job-spec/params/types';
export type { Duration, JobOptions, JobSpec, OwnPrice, RequestSpec } from '../src/job-spec/spec';
/**
 * The workflows of this package, for a worker's own workflows file: `export * from
 * 'temporal-anthropic-batch/workflows'`. For a bundle that is built without the plugin, name that file in
 * `workflowInterceptorModules` too, because of `interceptors`.
 */
export { anthropicCallWebhook } from './admin/call-webhook';
export { anthropicDeleteJob } from './admin/delete-job';
export { anthropicReconcileJob } from './admin/reconcile-job';
export { type BatchJobOptions, batchJob } from './child/batch-job';
export { anthropicMessageBatch } from './chunk/message-batch';
export { interceptors } from './common/interceptors';
export { anthropicDocumentSet } from './job/document-set';
export { anthropicSegment } from './pool/segment';
