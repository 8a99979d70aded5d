/** The one input object of each workflow. */
import type { ChunkPlan, JobRef, JobSettings, JobSummary } from './job';
import type { SubmissionTimes } from './protocol/submission';

export interface DocumentSetInput {
  /** Absent in a schedule's firing: the workflow makes it from its own id and first run id. */
  job?: JobRef;
  /** A schedule's firing: its input and spec are copied into the store by the first activity. */
  firing?: {
    schedule: string;
    /** Key of the schedule's spec in the store. */
    spec: string;
    /** The store's own id. */
    store: string;
  };
  /** Milliseconds that each step before anything is sent waits for a worker that can take it: the spec, which says so too, may be out of a worker's reach. */
  waitForWorker: number;
  /** Whether the search attributes were registered when the job was started: an unregistered one would jam the workflow. */
  searchAttributes: boolean;
}

export interface MessageBatchInput {
  job: JobRef;
  chunk: number;
  plan: ChunkPlan;
  settings: JobSettings;
  times: SubmissionTimes;
  searchAttributes: boolean;
  /** The job sends so few requests that its first round goes live. */
  live?: true;
  /** Sends nothing: only brings home what an earlier workflow of the chunk bought before it ended. */
  salvage?: Salvage;
}

/** What becomes of a batch in flight whose workflow is gone: it is canceled, or (`keep`) its end is waited for. */
export type Salvage = true | 'keep';

/** Carries no chunks of its own, but brings home those of a job whose workflow is gone. */
export interface Rebuild {
  /** What the ids of its children begin with: those of the job may be another run's by now. */
  under: string;
  /** Cancels batches in flight instead of waiting for their end. */
  cancel: boolean;
}

export interface ReconcileJobInput {
  job: JobRef;
  /** Cancels batches in flight instead of waiting for their end. */
  cancel: boolean;
  /** How the job ended, where it has; absent where its workflow left no summary. */
  ended?: JobSummary['state'];
  /** What became of its workflow, for the summary of a job without one. */
  gone?: string;
}
