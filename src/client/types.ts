import type {
  TypedSearchAttributes,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/common';
import type { Message } from '../anthropic/message';
import type { JobState, OutcomeClass, ResultStatus } from '../job/job';
import type { InputFormat, JobSpec } from '../job-spec/spec';
import type { Store } from '../store/store';

export interface BatchClientOptions {
  /** Where documents and results live: a folder, `s3://bucket/prefix`, or a `Store`. The workers must have the same one. */
  store: Store | string;
  /** Default `anthropic-batch`. */
  taskQueue?: string;
  /** Takes what a user should know and no error says, such as a task queue that no worker polls. Default: `process.emitWarning`. */
  onWarning?: (message: string) => void;
}

/** A job's documents: a file, or objects from code. */
export type InputSource =
  /** A JSONL or CSV file. The format follows from the name's ending (`.csv`, else JSONL) unless given. */
  | { file: string; format?: InputFormat; documents?: undefined }
  /** One object a document, read once; each is written as one line of JSON. */
  | { documents: Iterable<object> | AsyncIterable<object>; file?: undefined };

export interface StartSettings {
  /** The job id, which is the workflow id. Default: a new one that begins with `job-`. */
  id?: string;
  input: InputSource;
  /** What a running job of the same id means. Default `FAIL`. */
  workflowIdConflictPolicy?: WorkflowIdConflictPolicy;
  /** What a closed job of the same id means. Default `ALLOW_DUPLICATE`. */
  workflowIdReusePolicy?: WorkflowIdReusePolicy;
  /**
   * Starts the job although an earlier job that holds its documents left batches in flight, and buys them again. Default `false`: the start
   * is refused with a `JobInFlightError`.
   */
  again?: boolean;
  /** Search attributes of your own; they must be registered in the namespace. */
  searchAttributes?: TypedSearchAttributes;
}

export type StartOptions = JobSpec & StartSettings;

/** One line of a job's results. */
export type Result<Id extends string = string, M = Message> = {
  id: Id;
  class: OutcomeClass;
  /** Rounds in which the document was sent. */
  attempts: number;
  /** The batch that gave the outcome; `null` where the document was never sent, or sent by itself. */
  batch_id: string | null;
  /** What the request was called there; `null` where no row of it came. */
  custom_id: string | null;
} & (
  | { status: Extract<ResultStatus, 'succeeded'>; message: M; error?: undefined }
  | {
      status: Exclude<ResultStatus, 'succeeded'>;
      /** `row`: of class `unreadable`, the beginning of the row that cannot be understood. */
      error: { type: string; message: string; row?: string };
      message?: undefined;
    }
);

/** A job as Temporal lists it. */
export interface JobListing {
  /** The job id. */
  id: string;
  state: JobState;
  startedAt: Date;
  closedAt?: Date;
}
