/** Fields of the API's replies that a gateway may omit or change. A dot leads into an object. */
export const BATCH_FIELDS: readonly string[] = [
  'id',
  'type',
  'processing_status',
  'request_counts',
  'request_counts.processing',
  'request_counts.succeeded',
  'request_counts.errored',
  'created_at',
  'expires_at',
  'ended_at',
  'archived_at',
  'cancel_initiated_at',
  'results_url',
];

export const LIST_FIELDS: readonly string[] = ['data', 'has_more', 'first_id', 'last_id'];
