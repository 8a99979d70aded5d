import type { JobSummary } from '../job/job';
import { type InFlight, inFlightText } from './start/in-flight';

/** What all errors of the client have in common: they say what happened, to which job or schedule, and what to do next. */
export class BatchClientError extends Error {
  override readonly name: string = 'BatchClientError';
}

/** The documents that were given cannot be read, or cannot be written as JSON. Nothing was started. */
export class InputSourceError extends BatchClientError {
  override readonly name = 'InputSourceError';
}

/** An option has a value that is not allowed. Nothing was started or changed. */
export class OptionError extends BatchClientError {
  override readonly name = 'OptionError';
}

/** The job id is taken, as the conflict and reuse policies have it. Nothing was started. */
export class JobExistsError extends BatchClientError {
  override readonly name = 'JobExistsError';
  constructor(
    readonly jobId: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`The job ${quoted(jobId)} was not started: ${reason}`, options);
  }
}

/**
 * An earlier job holds the same documents and left batches in flight: starting another job would buy them again. Nothing was started. Reconcile
 * the earlier job, or start with `again: true`.
 */
export class JobInFlightError extends BatchClientError {
  override readonly name = 'JobInFlightError';
  constructor(
    readonly jobId: string,
    /** The job that left something in flight. */
    readonly earlierJobId: string,
    readonly inFlight: readonly InFlight[],
  ) {
    super(
      `The job ${quoted(jobId)} was not started: the job ${quoted(earlierJobId)} left in flight what is paid for: ${inFlightText(inFlight)}. ` +
        `Reconcile it first ("anthropic-batch reconcile --job ${earlierJobId}"), or start with --again (in code: again: true), which buys the documents again.`,
    );
  }
}

/** A search attribute is not registered in the namespace. Nothing was started. */
export class SearchAttributeError extends BatchClientError {
  override readonly name = 'SearchAttributeError';
  constructor(
    readonly jobId: string,
    readonly attribute: string | undefined,
    namespace: string,
    options?: ErrorOptions & { detail?: string },
  ) {
    const which = attribute
      ? `the search attribute ${quoted(attribute)} is`
      : 'one of its search attributes is';
    super(
      `The job ${quoted(jobId)} was not started: ${which} not registered in the namespace ${quoted(namespace)}` +
        `${options?.detail ? ` (${options.detail})` : ''}. Register it with ` +
        `"temporal operator search-attribute create --name ${attribute ?? 'NAME'} --type TYPE", or leave it out.`,
      options,
    );
  }
}

/** Neither Temporal nor the store knows the job. */
export class JobNotFoundError extends BatchClientError {
  override readonly name = 'JobNotFoundError';
  constructor(
    readonly jobId: string,
    location: string,
    options?: ErrorOptions,
  ) {
    super(
      `There is no job ${quoted(jobId)}: neither Temporal nor the store ${location} knows it. ` +
        'Look at the job id, the namespace and the store ("anthropic-batch list" shows the jobs that Temporal knows).',
      options,
    );
  }
}

/**
 * The job failed; `cause` is Temporal's error and `summary` what the store holds of the job. `type` says what the failure is
 * about, such as `anthropic.InputInvalid`; a job that was terminated, or of which nothing is known any more, has none.
 */
export class JobFailedError extends BatchClientError {
  override readonly name = 'JobFailedError';
  readonly type: string | undefined;
  constructor(
    readonly jobId: string,
    readonly reason: string,
    readonly summary: JobSummary | undefined,
    options?: ErrorOptions & { type?: string },
  ) {
    super(`The job ${quoted(jobId)} failed: ${reason}`, options);
    this.type = options?.type;
  }
}

/** The job was canceled; what it had finished by then is in the store. */
export class JobCanceledError extends BatchClientError {
  override readonly name = 'JobCanceledError';
  constructor(
    readonly jobId: string,
    readonly summary: JobSummary | undefined,
    options?: ErrorOptions,
  ) {
    const kept = summary
      ? ` ${summary.succeeded} of its ${summary.documents} documents have an answer, which is kept in the store.`
      : '';
    const next = summary?.failed
      ? 'Retry the job to send the others, or start it again'
      : 'Start it again under the same or another id';
    super(`The job ${quoted(jobId)} was canceled.${kept} ${next}.`, options);
  }
}

/** The job has ended, or has not begun, so that it cannot be asked this. */
export class JobStateError extends BatchClientError {
  override readonly name = 'JobStateError';
  constructor(
    readonly jobId: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** No worker answers for a job that runs: none polls its task queue, or the workers are busy. */
export class NoWorkerError extends BatchClientError {
  override readonly name = 'NoWorkerError';
}

/** There is no such schedule, or one of that id stands already. */
export class ScheduleError extends BatchClientError {
  override readonly name = 'ScheduleError';
  constructor(
    readonly scheduleId: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Tokens could not be counted, and so nothing estimated. Nothing was started. */
export class EstimateError extends BatchClientError {
  override readonly name = 'EstimateError';
}

/** A text in quotes, with whatever would break the line escaped. */
export const quoted = (text: string) => JSON.stringify(text);
