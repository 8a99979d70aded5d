import { lacksFunds } from './billing-errors';
import type { OutcomeClass, ResultStatus, StatusCounts } from './job';

/** What the API says of one request, as far as its class depends on it. */
export interface Outcome {
  status: ResultStatus;
  /** `error.type` of an errored request. */
  errorType?: string;
  /** `error.message` and `error.details.error_code` of an errored request. */
  errorMessage?: string;
  errorCode?: string;
  /** `stop_reason` of an answer. */
  stopReason?: string | null;
  /** Whether the job itself asked for the cancellation that a `canceled` request met. */
  canceledByJob?: boolean;
}

/** Error type of a document whose batch was bought and whose results could not be had. */
export const RESULTS_UNAVAILABLE = 'results_unavailable';
/** Error type of a document whose row came in the results and cannot be understood: it may be an answer, and paid for. */
export const UNREADABLE = 'unreadable';
/** Error type of a document of which it is not known whether a batch holds it. */
export const UNRESOLVED = 'unresolved';

/** Error type of a document that was not sent for want of a budget. */
export const OVER_BUDGET = 'over_budget';

/** Error type of a document whose request was sent by itself and whose answer was lost: it may be paid for. */
export const ANSWER_LOST = 'answer_lost';

const LOST: ReadonlySet<string> = new Set([RESULTS_UNAVAILABLE, UNREADABLE, ANSWER_LOST]);

/** Whether a document has no answer although its request may be paid for, and a retry would pay again. */
export const isLost = (errorType: string): boolean => LOST.has(errorType);

/** Error types that no repetition mends. Errored requests cost nothing, so a type not known here is tried again. */
const PERMANENT = new Set([
  'invalid_request_error',
  'authentication_error',
  'permission_error',
  'not_found_error',
  'request_too_large',
  RESULTS_UNAVAILABLE,
  UNRESOLVED,
]);

/** Answers that were paid for and stop before their end. */
const INCOMPLETE = new Set(['max_tokens', 'model_context_window_exceeded', 'refusal', 'pause_turn']);

/** Whether a request came back unanswered for want of credit, or at a spend limit: nothing is wrong with it. */
export function isUnpaid({ status, errorType, errorMessage, errorCode }: Outcome): boolean {
  return status === 'errored' && lacksFunds({ type: errorType, message: errorMessage, code: errorCode });
}

/** Decides what an outcome means for the next round. The one place that does. */
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

/** Documents without an answer. */
export function failedCount(counts: StatusCounts): number {
  return counts.errored + counts.expired + counts.canceled + counts.not_sent;
}
