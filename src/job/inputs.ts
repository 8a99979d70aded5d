/** The one input object of each workflow. */
import type { ChunkPlan, JobRef, JobSettings } from './job';
import type { SubmissionTimes } from './submission';

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
  /** Whether the job is paused as the chunk starts. */
  paused: boolean;
  /** Sends nothing: only brings home what an earlier workflow of the chunk bought before it ended. */
  salvage?: boolean;
}
