// The input objects of the workflows, one each.
import type { ChunkPlan, JobRef, JobSettings, JobSummary } from './job';
import type { OnComplete } from './on-complete';
import type { SubmissionTimes } from './protocol/submission';

/** Documents in a store, as `writeDocuments` returns them. */
export interface StoredDocuments {
  /** The store's own id. */
  store: string;
  /** Their key: one JSON object per line. */
  key: string;
  documents: number;
  bytes: number;
  /** Of their bytes, in hex. Documents with the same one count as the same. */
  sha256: string;
}

/** A job spec in a store, as `writeJobSpec` returns it. */
export interface StoredJobSpec {
  /** The store's own id. */
  store: string;
  key: string;
}

/** A job that a user's workflow starts as its child. */
export interface ChildJob {
  /** Names the job's folder: the same after a Reset of the parent. */
  instance: string;
  documents: StoredDocuments;
  /** The job spec as the user wrote it, … */
  spec?: object;
  /** … or where it is stored. */
  specRef?: StoredJobSpec;
}

/**
 * The input of `anthropicDocumentSet`: a job, a firing of a schedule that becomes one, or a child of a user's
 * workflow.
 */
export interface DocumentSetInput {
  /** Unset otherwise: the workflow creates it from its own id. */
  job?: JobRef;
  /** A schedule's firing. The first activity copies its input and spec into the store. */
  firing?: {
    schedule: string;
    /** Key of the schedule's spec in the store. */
    spec: string;
    /** The store's own id. */
    store: string;
  };
  /** A child of a user's workflow. The first activity checks its spec and copies it into the job's folder. */
  child?: ChildJob;
  /**
   * Milliseconds that each step before the first send waits for a suitable worker. The spec has this setting
   * too, but it may be out of a worker's reach.
   */
  waitForWorker: number;
  /** What the job starts when it ends. That of a child is known once its spec has been read. */
  onComplete?: OnComplete;
  /**
   * Whether the search attributes were registered when the job was started. An unregistered one would block
   * the workflow.
   */
  searchAttributes: boolean;
}

/** The input of `anthropicMessageBatch`: one chunk of a job. */
export interface MessageBatchInput {
  job: JobRef;
  chunk: number;
  plan: ChunkPlan;
  settings: JobSettings;
  times: SubmissionTimes;
  searchAttributes: boolean;
  /** The job has so few requests that its first round is sent live. */
  live?: true;
  /** Sends nothing: only collects what an earlier workflow of the chunk bought before it ended. */
  salvage?: Salvage;
}

/** How a batch in flight is treated whose workflow is gone: it is canceled, or (`keep`) awaited. */
export type Salvage = true | 'keep';

/** Options to collect the chunks of a job whose workflow is gone. */
export interface Rebuild {
  /** Prefix of the children's ids. Another run may use the job's own prefix by now. */
  under: string;
  /** Cancels batches in flight instead of awaiting them. */
  cancel: boolean;
}

/** The input of `anthropicReconcileJob`. */
export interface ReconcileJobInput {
  job: JobRef;
  /** Cancels batches in flight instead of awaiting them. */
  cancel: boolean;
  /** How the job ended. Unset if its workflow left no summary. */
  ended?: JobSummary['state'];
  /** How its workflow ended, for the summary of a job without one. */
  gone?: string;
  /** What the job starts when it ends, unless it has. */
  onComplete?: OnComplete;
}

/** The input of `anthropicCallWebhook`. */
export interface CallWebhookInput {
  job: JobRef;
  /** The name of the webhook. */
  webhook: string;
  summary: JobSummary;
}
