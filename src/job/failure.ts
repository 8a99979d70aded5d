/**
 * What a failure of a job or of one of its steps is about: the `type` of Temporal's `ApplicationFailure`, and of
 * `JobFailedError`.
 */
export const FAILURE = {
  /** The API refuses the key, or the worker has none. */
  authentication: 'anthropic.Authentication',
  /** The account has no credit, or is at a spend limit. */
  billing: 'anthropic.Billing',
  /** The API does not know what it was asked for. */
  notFound: 'anthropic.NotFound',
  /** The API refuses the request itself: sending it again would change nothing. */
  refused: 'anthropic.Refused',
  /** The API takes no more for now: a rate limit, the limit of requests in processing, or overload. */
  limited: 'anthropic.Limited',
  /** The API cannot be reached, or failed itself. */
  unavailable: 'anthropic.Unavailable',
  /** The API, or a gateway before it, sent a successful reply without the API's shape. It proves nothing. */
  malformed: 'anthropic.MalformedReply',

  /** The store failed. The step is tried again. */
  store: 'anthropic.Store',
  /** A value of the store cannot be used. A person has to restore it. */
  storeDamaged: 'anthropic.StoreDamaged',
  /** An error that was not foreseen. The step is tried again unless its kind shows that it would fail again. */
  unexpected: 'anthropic.Unexpected',
  /** The worker's store is not the job's. */
  storeMismatch: 'anthropic.StoreMismatch',
  /** The worker has no folder of inputs, which a schedule's firing needs. */
  noInputs: 'anthropic.NoInputs',
  /** The input of a schedule's firing is not where it should be. */
  inputNotFound: 'anthropic.InputNotFound',
  /** Another firing of the schedule took the same input: this one is skipped. */
  sameInput: 'anthropic.SameInput',
  /** A chunk's workflow goes on although its job has ended, and would have to send something. */
  jobEnded: 'anthropic.JobEnded',
  /** The workflow was started with neither a job nor a firing. */
  invalidInput: 'anthropic.InvalidInput',

  /** The worst case of the job, or of a request of it, is above a budget. */
  overBudget: 'anthropic.OverBudget',
  /** The job has a budget, and what its requests may cost cannot be known. */
  unpriced: 'anthropic.Unpriced',

  /** The worker does not have the builder that the job names. */
  unknownBuilder: 'anthropic.UnknownBuilder',
  /** The template cannot be used. */
  specInvalid: 'anthropic.SpecInvalid',
  /** The job was started with a release that writes its spec in another way. */
  specVersion: 'anthropic.SpecVersion',
  /** A document, or what a builder made of it, cannot be taken. */
  inputInvalid: 'anthropic.InputInvalid',
  /** The input, or another file that planning reads, is not in the store. */
  inputMissing: 'anthropic.InputMissing',
  /** Two documents have one id. */
  duplicateId: 'anthropic.DuplicateId',
  /** The files of the job that is retried are incomplete, or do not belong together. */
  earlierJobInvalid: 'anthropic.EarlierJobInvalid',

  /** The batch still runs, so that it has no results. */
  notEnded: 'anthropic.NotEnded',
  /** The batch that is to be adopted is a job's of this store. */
  batchOwned: 'anthropic.BatchOwned',
  /** The API does not know the batch any more. */
  batchGone: 'anthropic.BatchGone',
  /** The batch is archived, or its results were deleted: they cannot be had any more. */
  resultsGone: 'anthropic.ResultsGone',
  /** The store does not know any more which attempt bought the batch. */
  ledgerMissing: 'anthropic.LedgerMissing',
  /** Rows of the results are missing; they are downloaded again. */
  resultsIncomplete: 'anthropic.ResultsIncomplete',
} as const;

export type FailureType = (typeof FAILURE)[keyof typeof FAILURE];

const PASSING: ReadonlySet<string | undefined> = new Set([
  FAILURE.limited,
  FAILURE.unavailable,
  FAILURE.malformed,
]);

/** Whether a failure of the API usually passes by itself. */
export function passesByItself(type: string | undefined): boolean {
  return PASSING.has(type);
}

/**
 * The message of what really failed, the innermost of a chain of causes that says anything: Temporal wraps an activity's
 * failure in others that only say that one failed.
 */
export function failureMessage(error: unknown): string {
  let message = error instanceof Error ? error.message : String(error);
  for (let e = error; e instanceof Error; e = e.cause) if (e.message) message = e.message;
  return message;
}

/** The type of what really failed: the innermost of a chain of causes that has one. */
export function failureType(error: unknown): string | undefined {
  let type: string | undefined;
  for (let e = error; e instanceof Error; e = e.cause) {
    if ('type' in e && typeof e.type === 'string') type = e.type;
  }
  return type;
}

/** Kinds of errors that the same code throws again for the same data. */
const DETERMINISTIC = [TypeError, RangeError, SyntaxError, ReferenceError];

/**
 * Whether an error will not go away by itself: our own code cannot handle the data that it was given. Not `fetch`'s TypeError
 * for a network that failed, which has a cause, and not a want of memory.
 */
export function isDeterministic(error: unknown): error is Error {
  if (!DETERMINISTIC.some((type) => error instanceof type)) return false;
  const { cause, message } = error as Error;
  return cause === undefined && !message.includes('allocation failed');
}
