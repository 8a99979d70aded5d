/**
 * The workflows of this package, for a worker's own workflows file: `export * from 'temporal-anthropic-batch/workflows'`.
 * `interceptors` is for a bundle that is made without the plugin: name the file in `workflowInterceptorModules` too.
 */
export { anthropicDeleteJob } from './delete-job';
export { anthropicDocumentSet } from './document-set';
export { interceptors } from './interceptors';
export { anthropicMessageBatch } from './message-batch';
export { anthropicReconcileJob } from './reconcile-job';
export { anthropicSegment } from './segment';
