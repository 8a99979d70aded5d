/**
 * Failure types of jobs and their steps: the `type` of Temporal's `ApplicationFailure` and of
 * `JobFailedError`.
 */
export const FAILURE = {
  /** The API rejects the key, or the worker has none. */
  authentication: 'anthropic.Authentication',
  /** The account has no credit or is at a spend limit. */
  billing: 'anthropic.Billing',
  /** The API does not know the requested object. */
  notFound: 'anthropic.NotFound',
  /** The API rejects the request itself. Resending it would change nothing. */
  refused: 'anthropic.Refused',
  /** The API accepts no more for now: a rate limit, the limit of requests in processing, or overload. */
  limited: 'anthropic.Limited',
  /** The API is unreachable, or failed itself. */
  unavailable: 'anthropic.Unavailable',
  /** The API, or a gateway before it, sent a successful reply of the wrong shape. It proves nothing. */
  malformed: 'anthropic.MalformedReply',

  /** The store failed. The step is retried. */
  store: 'anthropic.Store',
  /** A value in the store is unusable. A person must restore it. */
  storeDamaged: 'anthropic.StoreDamaged',
  /** An unexpected error. The step is retried, unless the kind of error shows that it would fail again. */
  unexpected: 'anthropic.Unexpected',
  /** The worker's store is not the job's. */
  storeMismatch: 'anthropic.StoreMismatch',
  /** The worker has no input folder, which a schedule's firing needs. */
  noInputs: 'anthropic.NoInputs',
  /** The input of a schedule's firing does not exist. */
  inputNotFound: 'anthropic.InputNotFound',
  /** Another firing of the schedule took the same input, so this one is skipped. */
  sameInput: 'anthropic.SameInput',
  /** An earlier firing of the same time left requests in flight, so this one is skipped. */
  inFlight: 'anthropic.JobInFlight',
  /** A chunk's workflow still runs after its job has ended, and would have to send something. */
  jobEnded: 'anthropic.JobEnded',
  /** The workflow was started with neither a job nor a firing. */
  invalidInput: 'anthropic.InvalidInput',

  /** The worst case of the job, or of one of its requests, exceeds a budget. */
  overBudget: 'anthropic.OverBudget',
  /** The job has a budget, and the price of its requests is unknown. */
  unpriced: 'anthropic.Unpriced',

  /** The worker lacks the builder that the job names. */
  unknownBuilder: 'anthropic.UnknownBuilder',
  /** The worker lacks the webhook that the job names. */
  unknownWebhook: 'anthropic.UnknownWebhook',
  /** A webhook's server refused the call or could not be reached. */
  webhookFailed: 'anthropic.WebhookFailed',
  /** The template is unusable. */
  specInvalid: 'anthropic.SpecInvalid',
  /** The job was started by a release with another spec format. */
  specVersion: 'anthropic.SpecVersion',
  /** A document, or the params that a builder made from it, are invalid. */
  inputInvalid: 'anthropic.InputInvalid',
  /** The input, or another file that planning reads, is not in the store. */
  inputMissing: 'anthropic.InputMissing',
  /** Two documents have the same id. */
  duplicateId: 'anthropic.DuplicateId',
  /** The files of the retried job are incomplete or inconsistent. */
  earlierJobInvalid: 'anthropic.EarlierJobInvalid',

  /** The batch still runs, so it has no results. */
  notEnded: 'anthropic.NotEnded',
  /** The batch to adopt belongs to a job of this store. */
  batchOwned: 'anthropic.BatchOwned',
  /** The API no longer knows the batch. */
  batchGone: 'anthropic.BatchGone',
  /** The batch is archived, or its results were deleted. They are lost. */
  resultsGone: 'anthropic.ResultsGone',
  /** The store no longer knows which attempt bought the batch. */
  ledgerMissing: 'anthropic.LedgerMissing',
  /** Rows of the results are missing. They are downloaded again. */
  resultsIncomplete: 'anthropic.ResultsIncomplete',
} as const;

export type FailureType = (typeof FAILURE)[keyof typeof FAILURE];

const PASSING: ReadonlySet<string | undefined> = new Set([
  FAILURE.limited,
  FAILURE.unavailable,
  FAILURE.malformed,
]);

/** Returns whether a failure of the API is usually temporary. */
export function passesByItself(type: string | undefined): boolean {
  return PASSING.has(type);
}

/** Yields an error and its causes, outermost first. */
export function* causesFrom(error: unknown): Generator<Error> {
  for (let e = error; e instanceof Error; e = e.cause) yield e;
}

/**
 * Returns the message of the root failure: the innermost non-empty one in the chain of causes. Temporal wraps
 * an activity's failure in others that only say that one failed.
 */
export function failureMessage(error: unknown): string {
  let message = error instanceof Error ? error.message : String(error);
  for (const e of causesFrom(error)) if (e.message) message = e.message;
  return message;
}

/** Returns the type of the root failure: the innermost one in the chain of causes. */
export function failureType(error: unknown): string | undefined {
  let type: string | undefined;
  for (const e of causesFrom(error)) {
    if ('type' in e && typeof e.type === 'string') type = e.type;
  }
  return type;
}

/** The details of a step's failure at Temporal. */
export interface FailureDetails {
  /** What failed more exactly than the type says: the API's `error.type`, or a system's error code. */
  subtype?: string;
  /** The key of the full message, if it is not public. */
  wholeMessageInStore?: string;
}

/** Returns the subtype of the root failure, if it has one. */
export const failureSubtype = (error: unknown) => detailOf(error, 'subtype');

/** Returns the key of the full message of the root failure, if it has one. */
export const wholeMessageKey = (error: unknown) => detailOf(error, 'wholeMessageInStore');

function detailOf(error: unknown, name: keyof FailureDetails): string | undefined {
  const { details } = Object([...causesFrom(error)].at(-1)) as { details?: unknown };
  const [first] = Array.isArray(details) ? details : [];
  const { [name]: value } = Object(first) as FailureDetails;
  return typeof value === 'string' ? value : undefined;
}

/** Kinds of errors that the same code throws again for the same data. */
const DETERMINISTIC = [TypeError, RangeError, SyntaxError, ReferenceError];

/**
 * Returns whether an error is permanent because our own code cannot handle the given data. Excludes `fetch`'s
 * TypeError for a failed network, which has a cause, and failed allocations.
 */
export function isDeterministic(error: unknown): error is Error {
  if (!DETERMINISTIC.some((type) => error instanceof type)) return false;
  const { cause, message } = error as Error;
  return cause === undefined && !message.includes('allocation failed');
}
