// job/: pure shapes and decisions, shared by workflows, activities and the client. It imports src/cost, and nothing else. Start here.

import type { Cost } from '../cost/cost';
import type { ErrorCount } from './error-counts';
import type { LiveCounts } from './live';
import type { LostCounts } from './lost-answers';
import type { OddCounts } from './odd-results';
import type { StuckWorkflow } from './stuck';

/** What names a job's folder in the store, in every workflow's and activity's input. */
export interface JobRef {
  /** The job id: the workflow id of its `anthropicDocumentSet`. Any string. */
  id: string;
  /** Drawn by whoever starts the job: a job id that is used again never meets the files of an earlier job. */
  instance: string;
  /** The store's own id (`store.json`): a worker with another store refuses the job. */
  store: string;
}

/** The scalars of a job's spec that workflows decide by. All durations in milliseconds, all sizes in bytes. */
export interface JobSettings {
  /** At most so many batches of this job unfinished at a time. */
  maxBatchesInFlight: number;
  /** At most so many requests of this job in unfinished batches. */
  maxRequestsInFlight: number;
  pollFloor: number;
  pollCeiling: number;
  /** Rounds in all: 1 sends everything once and retries nothing. */
  maxRounds: number;
  /** Requests whose results are gone are sent again, and paid for again. */
  resendLostResults: boolean;
  /** Equal requests are sent once. */
  deduplicate: boolean;
  /** Answers of earlier jobs are used; a number: those that are at most so many milliseconds old. */
  reuse: boolean | number;
  /** What the job may cost, in USD as a decimal string. Absent where it has no budget of its own. */
  maxUsd?: string;
  /** What any one request may cost. Absent where that is not limited. */
  maxUsdPerRequest?: string;
  /** What a budget does. */
  onBudget: OnBudget;
  /** Fewer requests than these are sent live, at full price; 0: none are. */
  liveBelow: number;
}

/**
 * What becomes of a job whose budget is too small. `refuse`: nothing is sent unless its worst case is within it. `end` and `wait`: it begins, and at
 * the cap ends, or waits for a higher one.
 */
export type OnBudget = 'refuse' | 'end' | 'wait';

/** What the plan says of one chunk; its documents and requests are in the store. */
export interface ChunkPlan {
  /** Documents in the chunk. */
  documents: number;
  /** Requests that can be sent; the others have a `not_sent` outcome from the plan on. */
  requests: number;
  /** A batch that another tool made, and whether it had ended: nothing is sent, and only its results are taken. */
  adopted?: { batch: string; ended: boolean };
}

export type ResultStatus = 'succeeded' | 'errored' | 'expired' | 'canceled' | 'not_sent';

/**
 * What an outcome means for the next round: `transient` is sent again, `permanent` and `not_sent` never are,
 * `incomplete` is an answer that was paid for and cannot be used as it is, `unreadable` a row of the results that
 * cannot be understood and may have been paid for.
 */
export type OutcomeClass = 'succeeded' | 'transient' | 'permanent' | 'incomplete' | 'unreadable' | 'not_sent';

/** Outcomes counted by status; the sum is the number of documents, once all have their outcome. */
export type StatusCounts = Record<ResultStatus, number>;

/**
 * How a chunk ended, as its workflow returns it and the store keeps it. What Temporal is told of a failure is its public
 * message; in the store stands the whole one.
 */
export interface ChunkSummary extends LiveCounts, LostCounts {
  chunk: number;
  documents: number;
  counts: StatusCounts;
  /** Ids of the chunk's batches, in order of their rounds. */
  batches: string[];
  rounds: number;
  /** Ids of batches that were bought although they had been presumed void; absent where there are none. */
  orphaned?: string[];
  /** Documents of which it is not known whether a batch holds them; absent where there are none. */
  unresolved?: number;
  /** Documents that were not sent because an earlier request is equal to theirs; absent where there are none. */
  equal?: number;
  /** Of these, the ones whose answer other chunks have: they get it, and are counted, when the job ends. */
  awaiting?: number;
  /** Documents that have the answer of an earlier job; absent where there are none. */
  reused?: number;
  /** Documents that were not sent for want of a budget; absent where there are none. */
  overBudget?: number;
  /** What was odd about the results of its batches; absent where nothing was. The round's `results.json` names the rows. */
  odd?: OddCounts;
  /** What its answers cost. */
  cost: Cost;
  /** Why the chunk could not go on, when it failed. */
  failure?: string;
}

/** What the answers of one batch cost, or those of a round that was sent live. */
export interface RoundCost {
  round: number;
  /** Absent where it is not known whether there is one, and where there is none. */
  batch?: string;
  /** Its requests were sent live, at full price. */
  live?: true;
  cost: Cost;
}

/** A chunk's summary as the store keeps it. */
export interface StoredChunkSummary extends ChunkSummary {
  /** Its cost, batch by batch. */
  costs: RoundCost[];
  /** What Temporal is told of the failure, where that is less than the whole. */
  publicFailure?: string;
  /** With what its rounds were joined, so that they can be joined again when a lost answer comes. */
  joined?: { unsent: { type: string; message: string }; canceled: boolean };
  /** Documents without an answer by their error, the most frequent first; absent where there are none. */
  errors?: ErrorCount[];
}

export type JobState =
  | 'planning'
  | 'running'
  | 'paused'
  /** A chunk waits for a person: see `JobHandle.resume`. */
  | 'held'
  | 'canceling'
  | 'completed'
  | 'failed'
  | 'canceled';

/**
 * How a job ended: the workflow's result and the store's `summary.json`. What Temporal is told of failures are their public
 * messages; in the store stand the whole ones.
 */
export interface JobSummary extends LiveCounts, LostCounts {
  job: JobRef;
  state: Extract<JobState, 'completed' | 'failed' | 'canceled'>;
  documents: number;
  succeeded: number;
  failed: number;
  counts: StatusCounts;
  chunks: number;
  batches: number;
  /** The most rounds that any chunk took. */
  rounds: number;
  /** Ids of batches that were bought although they had been presumed void, the first hundred; absent where there are none. */
  orphaned?: string[];
  /** Documents of which it is not known whether a batch holds them; absent where there are none. */
  unresolved?: number;
  /** Documents that got the answer of an equal request instead of being sent; absent where there are none. */
  equal?: number;
  /** Documents that have the answer of an earlier job instead of being sent; absent where there are none. */
  reused?: number;
  /** Documents that were not sent for want of a budget; absent where there are none. */
  overBudget?: number;
  /** What was odd about the results of its batches; absent where nothing was. */
  odd?: OddCounts;
  /** What its answers cost. */
  cost: Cost;
  /** When it ended, ISO 8601. */
  endedAt: string;
  /** Store prefix below which the results lie, one JSONL file a chunk, in input order by name. */
  results: string;
  /** Chunks that could not go on, with the message of their failure; the first hundred. */
  failures: { chunk: number; message: string }[];
  /**
   * Documents without an answer by their error, the most frequent first; absent where there are none. Only in the store: messages may quote
   * documents, so Temporal's copy has none.
   */
  errors?: ErrorCount[];
  /** Why the whole job failed, where it did. A canceled job has none. */
  failure?: string;
  /** What that failure is about: one of the types of `JobFailedError`. */
  failureType?: string;
}

/** How far a job is. */
export interface JobProgress extends LiveCounts {
  job: JobRef;
  state: JobState;
  /** Documents planned so far; final once the state has left `planning`. */
  documents: number;
  /** Documents of chunks that have ended. */
  done: number;
  succeeded: number;
  failed: number;
  /** `held`: of the running ones, those that wait for a person; absent where there are none. */
  chunks: { planned: number; running: number; done: number; held?: number };
  batches: number;
  rounds: number;
  /** What the chunks that have ended cost. Absent until one has. */
  cost?: Cost;
  /** What the job may cost, in USD as a decimal string. Absent where it has no budget of its own. */
  maxUsd?: string;
  /** When the next poll of any running batch is due, as of when the job last told: an ISO 8601 time, which may be past. */
  nextPoll?: string;
  /** What the job waits for, in a sentence, when it waits for something unusual (a key, the store, a person). */
  waiting?: string;
  /** Its workflows whose workflow task fails again and again. Only a client can see them; absent where there are none. */
  stuck?: StuckWorkflow[];
}
