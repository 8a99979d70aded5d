// errors/: the root of the errors that a user of the package can catch. Imports nothing, and also runs in
// workflows.

/**
 * The codes of errors: the name of the class without `Error`, in capitals. A code therefore looks neither
 * like a type of failure (`anthropic.InputInvalid`) nor like an error type of the API
 * (`invalid_request_error`).
 */
export type ErrorCode =
  | 'DAMAGED_KEY'
  | 'ESTIMATE'
  | 'INPUT_SOURCE'
  | 'JOB_CANCELED'
  | 'JOB_EXISTS'
  | 'JOB_FAILED'
  | 'JOB_IN_FLIGHT'
  | 'JOB_NOT_FOUND'
  | 'JOB_STATE'
  | 'KEY_EXISTS'
  | 'KEY_NOT_FOUND'
  | 'NO_WORKER'
  | 'OPTION'
  | 'SCHEDULE'
  | 'SEARCH_ATTRIBUTE'
  | 'SPEC'
  | 'SPEC_VERSION'
  | 'STORE'
  | 'STORE_LOCATION'
  | 'UNKNOWN_MODEL';

/**
 * The base class of all errors of this package. The message says what is wrong and what to do next. Errors of
 * Temporal's client, for example after a lost connection, are Temporal's own.
 */
export abstract class AnthropicBatchError extends Error {
  /** Identifies the class, also if a program loads two copies of this package. Never changes. */
  abstract readonly code: ErrorCode;

  /** The place in the documentation that explains the error, as a path in this package's folder. */
  get docs(): string {
    return docsOf(this.code);
  }
}

/** Returns the place in the documentation that explains a code, or a type of failure. */
export const docsOf = (name: string): string => `docs/troubleshooting.md#${anchorOf(name)}`;

/** `JOB_EXISTS` becomes `job-exists`, and `anthropic.InputInvalid` becomes `anthropic-input-invalid`. */
const anchorOf = (name: string) =>
  name
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .replace(/[._]/g, '-')
    .toLowerCase();
