// The workflows: no side effects, only decisions of src/job and steps of activities/. Folders may import
// common, and each other only in this order: admin → job → pool → chunk → common.

export type { DeletedBatches } from '../src/job/activity-types';
export type { DocumentSetInput, MessageBatchInput, ReconcileJobInput } from '../src/job/inputs';
export type { ChunkSummary, JobRef, JobSummary } from '../src/job/job';
export type { SegmentInput, Totals } from '../src/job/segments';
/**
 * The workflows of this package, for a worker's own workflows file: `export * from
 * 'temporal-anthropic-batch/workflows'`. For a bundle that is built without the plugin, name that file in
 * `workflowInterceptorModules` too, because of `interceptors`.
 */
export { anthropicDeleteJob } from './admin/delete-job';
export { anthropicReconcileJob } from './admin/reconcile-job';
export { anthropicMessageBatch } from './chunk/message-batch';
export { interceptors } from './common/interceptors';
export { anthropicDocumentSet } from './job/document-set';
export { anthropicSegment } from './pool/segment';
