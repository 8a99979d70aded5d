import { lacksFunds } from './billing-errors';
import type { OutcomeClass, ResultStatus, StatusCounts } from './job';

/** The part of the API's result for one request that its class depends on. */
export interface Outcome {
  status: ResultStatus;
  /** `error.type` of an errored request. */
  errorType?: string;
  /** `error.message` and `error.details.error_code` of an errored request. */
  errorMessage?: string;
  errorCode?: string;
  /** `stop_reason` of an answer. */
  stopReason?: string | null;
  /** Whether the job itself requested the cancellation of a `canceled` request. */
  canceledByJob?: boolean;
}

/** Error type of a document whose batch was bought and whose results are lost. */
export const RESULTS_UNAVAILABLE = 'results_unavailable';
/**
 * Error type of a document with a result row that cannot be understood. It may be an answer, and paid for.
 */
export const UNREADABLE = 'unreadable';
/**
 * The error type of a document whose equal request another chunk sends, until the job ends and it gets that
 * request's outcome.
 */
export const EQUAL_REQUEST = 'equal_request';

/** Error type of a document of which it is unknown whether a batch holds it. */
export const UNRESOLVED = 'unresolved';

/** Error type of a document that was not sent because the budget was exceeded. */
export const OVER_BUDGET = 'over_budget';

/**
 * Error type of a document whose request was sent live and whose answer was lost. It may have been paid for.
 */
export const ANSWER_LOST = 'answer_lost';

const LOST: ReadonlySet<string> = new Set([RESULTS_UNAVAILABLE, UNREADABLE, ANSWER_LOST]);

/**
 * Returns whether a document has no answer although its request may have been paid for, so a retry would pay
 * again.
 */
export const isLost = (errorType: string): boolean => LOST.has(errorType);

/** Error types that a resend cannot fix. Errored requests cost nothing, so an unknown type is retried. */
const PERMANENT = new Set([
  'invalid_request_error',
  'authentication_error',
  'permission_error',
  'not_found_error',
  'request_too_large',
  RESULTS_UNAVAILABLE,
  UNRESOLVED,
]);

/** Stop reasons of paid answers that are cut short. */
const INCOMPLETE = new Set(['max_tokens', 'model_context_window_exceeded', 'refusal', 'pause_turn']);

/** Returns whether a request failed for lack of credit or at a spend limit. The request itself is valid. */
export function isUnpaid({ status, errorType, errorMessage, errorCode }: Outcome): boolean {
  return status === 'errored' && lacksFunds({ type: errorType, message: errorMessage, code: errorCode });
}

/** Decides what an outcome means for the next round. The only place that does. */
export function classify(outcome: Outcome): OutcomeClass {
  switch (outcome.status) {
    case 'succeeded':
      return INCOMPLETE.has(outcome.stopReason ?? '') ? 'incomplete' : 'succeeded';
    case 'errored':
      if (outcome.errorType === UNREADABLE) return 'unreadable';
      return PERMANENT.has(outcome.errorType ?? '') && !isUnpaid(outcome) ? 'permanent' : 'transient';
    case 'expired':
      return 'transient';
    case 'canceled':
      return outcome.canceledByJob ? 'not_sent' : 'transient';
    case 'not_sent':
      return 'not_sent';
  }
}

export function noCounts(): StatusCounts {
  return { succeeded: 0, errored: 0, expired: 0, canceled: 0, not_sent: 0 };
}

export function addCounts(sum: StatusCounts, counts: StatusCounts): StatusCounts {
  const result = { ...sum };
  for (const status of Object.keys(counts) as ResultStatus[]) result[status] += counts[status];
  return result;
}

/** Returns the number of documents without an answer. */
export function failedCount(counts: StatusCounts): number {
  return counts.errored + counts.expired + counts.canceled + counts.not_sent;
}
