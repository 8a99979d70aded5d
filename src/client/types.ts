import type {
  TypedSearchAttributes,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/common';
import type { Message } from '../anthropic/message';
import type { JobState, OutcomeClass, ResultStatus } from '../job/job';
import type { InputType, JobSpec } from '../job-spec/spec';
import type { Store } from '../store/store';

/** The options of `BatchClient`. */
export interface BatchClientOptions {
  /**
   * Where documents and results are stored: a folder, `s3://bucket/prefix`, or a `Store`. Workers must use
   * the same one.
   */
  store: Store | string;
  /** The task queue of new jobs. Default `anthropic-batch`. */
  taskQueue?: string;
  /** Receives warnings, such as that no worker polls the task queue. Default: `process.emitWarning`. */
  onWarning?: (message: string) => void;
}

/** A job's documents: files, a stream of bytes, or objects from code. */
export type InputSource = (FileInput | FilesInput | StreamInput | DocumentsInput) & {
  /** The number of documents to take, the first ones, for a pilot. Default: all. */
  limit?: number;
  /**
   * The number of documents to take at random instead, at most 10,000. The same input gives the same ones.
   */
  sample?: number;
};

/** Files of documents. */
export interface FileInput extends Partial<InputType> {
  /**
   * The path of a file, a folder, a pattern such as `docs/*.jsonl`, `s3://bucket/docs.jsonl`, a prefix
   * `s3://bucket/docs/`, or several of these. A name that ends in `.gz` or `.zst` is decompressed.
   */
  file: string | readonly string[];
  files?: undefined;
  stream?: undefined;
  documents?: undefined;
}

/** Files that are documents themselves: PDFs, images and texts. */
export interface FilesInput {
  /**
   * Paths, folders, patterns, or locations in S3, as for `file`. The id of a document is its path, and its
   * field `content` a content block of the Messages API.
   */
  files: string | readonly string[];
  file?: undefined;
  stream?: undefined;
  documents?: undefined;
}

/** The bytes of one file, read once. */
export interface StreamInput extends Partial<InputType> {
  /** The bytes, uncompressed: a stream of Node, for example. Without `format` they are JSONL. */
  stream: AsyncIterable<Uint8Array>;
  file?: undefined;
  files?: undefined;
  documents?: undefined;
}

/** Documents from code. */
export interface DocumentsInput {
  /** One object per document, read once. Each is written as one line of JSON. */
  documents: Iterable<object> | AsyncIterable<object>;
  file?: undefined;
  files?: undefined;
  stream?: undefined;
}

/** The settings of a start, besides the job spec. */
export interface StartSettings {
  /** The job id, which is the workflow id. Default: a new id that starts with `job-`. */
  id?: string;
  input: InputSource;
  /** The policy for a running job with the same id. Default `FAIL`. */
  workflowIdConflictPolicy?: WorkflowIdConflictPolicy;
  /** The policy for an ended job with the same id. Default `ALLOW_DUPLICATE`. */
  workflowIdReusePolicy?: WorkflowIdReusePolicy;
  /**
   * Starts the job, and pays for its documents again, even if an earlier job with the same id left batches
   * in flight. Default `false`: the start is refused with a `JobInFlightError`.
   */
  again?: boolean;
  /** Your own search attributes. They must be registered in the namespace. */
  searchAttributes?: TypedSearchAttributes;
}

/** The options of `BatchClient.start`: a job spec and the settings of the start. */
export type StartOptions = JobSpec & StartSettings;

/** The options of `BatchClient.startOrGet`: those of `start`, with an id and without policies. */
export type StartOrGetOptions = JobSpec &
  Omit<StartSettings, 'id' | 'workflowIdConflictPolicy' | 'workflowIdReusePolicy' | 'again'> & {
    /** The job id, which is the workflow id. */
    id: string;
  };

/** One line of a job's results. */
export type Result<Id extends string = string, M = Message> = {
  id: Id;
  class: OutcomeClass;
  /** Rounds in which the document was sent. */
  attempts: number;
  /** The batch that gave the outcome, or `null` if the document was never sent, or was sent live. */
  batch_id: string | null;
  /** The request's `custom_id` in that batch, or `null` if the batch returned no row for it. */
  custom_id: string | null;
} & (
  | { status: Extract<ResultStatus, 'succeeded'>; message: M; error?: undefined }
  | {
      status: Exclude<ResultStatus, 'succeeded'>;
      /** `row` is set for the class `unreadable`: the start of the row that cannot be understood. */
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
  /** Documents planned so far. Absent before the job has reported, and if its memo cannot be decoded. */
  documents?: number;
  /** Documents of chunks that have ended. Absent in the same cases. */
  done?: number;
  /** Cost of the chunks that have ended, in USD as a decimal string. Absent until one has. */
  paid?: string;
}
