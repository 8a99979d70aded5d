import { AnthropicBatchError, docsOf } from '../errors/anthropic-batch-error';
import type { JobSummary } from '../job/job';
import { type InFlight, inFlightText } from '../records/in-flight';

/** The input cannot be read, or a document cannot be serialized as JSON. Nothing was started. */
export class InputSourceError extends AnthropicBatchError {
  override readonly name = 'InputSourceError';
  override readonly code = 'INPUT_SOURCE';
}

/** An option has an invalid value. Nothing was started or changed. */
export class OptionError extends AnthropicBatchError {
  override readonly name = 'OptionError';
  override readonly code = 'OPTION';
}

/**
 * The job id is taken, and the conflict and reuse policies do not allow another job with it. Nothing was
 * started.
 */
export class JobExistsError extends AnthropicBatchError {
  override readonly name = 'JobExistsError';
  override readonly code = 'JOB_EXISTS';
  constructor(
    readonly jobId: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`The job ${quoted(jobId)} was not started: ${reason}`, options);
  }
}

/**
 * An earlier job with the same id, or the job to retry, left batches in flight, so another job would pay for
 * its documents again. Nothing was started. Reconcile the earlier job, or start with `again: true`.
 */
export class JobInFlightError extends AnthropicBatchError {
  override readonly name = 'JobInFlightError';
  override readonly code = 'JOB_IN_FLIGHT';
  constructor(
    readonly jobId: string,
    /** The job that left work in flight. */
    readonly earlierJobId: string,
    readonly inFlight: readonly InFlight[],
  ) {
    super(
      `The job ${quoted(jobId)} was not started: ` +
        `the job ${quoted(earlierJobId)} left paid work in flight: ${inFlightText(inFlight)}. ` +
        `Reconcile that job first ("anthropic-batch reconcile --job ${earlierJobId}"), or start with ` +
        '--again (in code: again: true), which pays for the documents again.',
    );
  }
}

/** A search attribute is not registered in the namespace. Nothing was started. */
export class SearchAttributeError extends AnthropicBatchError {
  override readonly name = 'SearchAttributeError';
  override readonly code = 'SEARCH_ATTRIBUTE';
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
      `The job ${quoted(jobId)} was not started: ` +
        `${which} not registered in the namespace ${quoted(namespace)}` +
        `${options?.detail ? ` (${options.detail})` : ''}. Register it with ` +
        `"temporal operator search-attribute create --name ${attribute ?? 'NAME'} --type TYPE", or ` +
        'leave it out.',
      options,
    );
  }
}

/** The job exists neither in Temporal nor in the store. */
export class JobNotFoundError extends AnthropicBatchError {
  override readonly name = 'JobNotFoundError';
  override readonly code = 'JOB_NOT_FOUND';
  constructor(
    readonly jobId: string,
    location: string,
    options?: ErrorOptions,
  ) {
    super(
      `There is no job ${quoted(jobId)} in Temporal or in the store ${location}. ` +
        'Check the job id, the namespace and the store ("anthropic-batch list" shows the jobs in Temporal).',
      options,
    );
  }
}

/**
 * The job failed. `cause` is Temporal's error, and `summary` is the job's summary from the store. `type` is
 * the type of the failure, such as `anthropic.InputInvalid`. It is absent if the job was terminated or no
 * longer exists in Temporal.
 */
export class JobFailedError extends AnthropicBatchError {
  override readonly name = 'JobFailedError';
  override readonly code = 'JOB_FAILED';
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

  /** The place in the documentation that explains the failure's type, or this error if it has none. */
  override get docs(): string {
    return this.type?.startsWith('anthropic.') ? docsOf(this.type) : super.docs;
  }
}

/** The job was canceled. The store keeps what it had finished by then. */
export class JobCanceledError extends AnthropicBatchError {
  override readonly name = 'JobCanceledError';
  override readonly code = 'JOB_CANCELED';
  constructor(
    readonly jobId: string,
    readonly summary: JobSummary | undefined,
    options?: ErrorOptions,
  ) {
    const kept = summary
      ? ` The store keeps the answers to ${summary.succeeded} of its ${summary.documents} documents.`
      : '';
    const next = summary?.failed
      ? 'Retry the job to send the other documents, or start it again'
      : 'Start it again with the same or another id';
    super(`The job ${quoted(jobId)} was canceled.${kept} ${next}.`, options);
  }
}

/** The job's state does not allow the call: for example, it has ended, or has not started. */
export class JobStateError extends AnthropicBatchError {
  override readonly name = 'JobStateError';
  override readonly code = 'JOB_STATE';
  constructor(
    readonly jobId: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The job is running, but no worker polls its task queue. */
export class NoWorkerError extends AnthropicBatchError {
  override readonly name = 'NoWorkerError';
  override readonly code = 'NO_WORKER';
}

/** The schedule does not exist, already exists, or belongs to another store. */
export class ScheduleError extends AnthropicBatchError {
  override readonly name = 'ScheduleError';
  override readonly code = 'SCHEDULE';
  constructor(
    readonly scheduleId: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The API could not count tokens, so there is no estimate. Nothing was started. */
export class EstimateError extends AnthropicBatchError {
  override readonly name = 'EstimateError';
  override readonly code = 'ESTIMATE';
}

/** Returns a text in quotes, with line breaks and control characters escaped. */
export const quoted = (text: string) => JSON.stringify(text);
