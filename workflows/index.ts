/** The workflows of this package, for a worker's own workflows file: `export * from 'temporal-anthropic-batch/workflows'`. */
export { anthropicDocumentSet } from './document-set';
export { anthropicMessageBatch } from './message-batch';
export { anthropicSegment } from './segment';
