// job/: pure types and decisions, shared by workflows, activities and the client. Start here. May import only
// src/cost.

import type { Cost } from '../cost/cost';
import type { ErrorCount } from './error-counts';
import type { LiveCounts } from './live';
import type { LostCounts } from './lost-answers';
import type { OddCounts } from './odd-results';
import type { WaitReason } from './reason';
import type { StuckWorkflow } from './stuck';

/** Identifies a job's folder in the store. Part of every workflow's and activity's input. */
export interface JobRef {
  /** The job id: the workflow id of its `anthropicDocumentSet`. Any string. */
  id: string;
  /** Random, chosen when the job is started. A reused job id never meets the files of an earlier job. */
  instance: string;
  /** The store's own id (`store.json`). A worker with another store refuses the job. */
  store: string;
}

/** The scalars of a job's spec that workflows use. Durations are in milliseconds, sizes in bytes. */
export interface JobSettings {
  /** The most unfinished batches of this job at any time. */
  maxBatchesInFlight: number;
  /** The most requests of this job in unfinished batches. */
  maxRequestsInFlight: number;
  pollFloor: number;
  pollCeiling: number;
  /** Most rounds in total. 1 sends everything once and retries nothing. */
  maxRounds: number;
  /** Requests with lost results are resent and paid for again. */
  resendLostResults: boolean;
  /** Equal requests are sent once. */
  deduplicate: boolean;
  /** Answers of earlier jobs are reused. A number: only those that are at most this many milliseconds old. */
  reuse: boolean | number;
  /** The job's budget in USD, as a decimal string. Unset if it has none of its own. */
  maxUsd?: string;
  /** The most that any one request may cost. Unset if not limited. */
  maxUsdPerRequest?: string;
  /** What happens if the budget is too small. */
  onBudget: OnBudget;
  /** If fewer requests than this are to be sent, they are sent live, at full price. 0: none are. */
  liveBelow: number;
}

/**
 * What happens to a job whose budget is too small. `refuse`: nothing is sent unless the worst case is within
 * the budget. `end` and `wait`: the job begins, and at the cap it ends or waits for a higher one.
 */
export type OnBudget = 'refuse' | 'end' | 'wait';

/** The plan of one chunk. Its documents and requests are in the store. */
export interface ChunkPlan {
  /** Documents in the chunk. */
  documents: number;
  /** Requests that can be sent. The other documents have a `not_sent` outcome from the plan on. */
  requests: number;
  /**
   * A batch that another tool made, and whether it had ended. Nothing is sent; only its results are taken.
   */
  adopted?: { batch: string; ended: boolean };
}

/** What became of a document's request, in the words of the Message Batches API, or `not_sent`. */
export type ResultStatus = 'succeeded' | 'errored' | 'expired' | 'canceled' | 'not_sent';

/**
 * What an outcome means for the next round: `transient` is resent, `permanent` and `not_sent` never are,
 * `incomplete` is a paid answer that cannot be used unchanged, and `unreadable` is a result row that cannot
 * be understood and may have been paid for.
 */
export type OutcomeClass = 'succeeded' | 'transient' | 'permanent' | 'incomplete' | 'unreadable' | 'not_sent';

/** Outcomes counted by status. Once all documents have an outcome, the sum is the number of documents. */
export type StatusCounts = Record<ResultStatus, number>;

/**
 * How a chunk ended, as its workflow returns it and the store keeps it. Temporal gets the public message of a
 * failure, the store the full one.
 */
export interface ChunkSummary extends LiveCounts, LostCounts {
  chunk: number;
  documents: number;
  counts: StatusCounts;
  /** Ids of the chunk's batches, in order of their rounds. */
  batches: string[];
  rounds: number;
  /** Ids of batches that were bought although they had been presumed lost. Unset if there are none. */
  orphaned?: string[];
  /** Documents of which it is unknown whether a batch holds them. Unset if there are none. */
  unresolved?: number;
  /** Documents that were not sent because an earlier request is equal. Unset if there are none. */
  equal?: number;
  /**
   * Those of them whose answers other chunks have. They get the answers and are counted when the job ends.
   */
  awaiting?: number;
  /** Documents that have the answer of an earlier job. Unset if there are none. */
  reused?: number;
  /** Documents that were not sent because the budget was exceeded. Unset if there are none. */
  overBudget?: number;
  /**
   * Odd rows in the results of the chunk's batches. Unset if there are none. The round's `results.json` names
   * the rows.
   */
  odd?: OddCounts;
  /** Cost of the chunk's answers. */
  cost: Cost;
  /** Why the chunk failed, if it did. */
  failure?: string;
}

/** Cost of the answers of one batch, or of a round that was sent live. */
export interface RoundCost {
  round: number;
  /** Unset if there is no batch, or if it is unknown whether there is one. */
  batch?: string;
  /** The requests were sent live, at full price. */
  live?: true;
  cost: Cost;
}

/** A chunk's summary in the store. */
export interface StoredChunkSummary extends ChunkSummary {
  /** The key of the chunk's results. */
  results: string;
  /** Cost by batch. */
  costs: RoundCost[];
  /** The failure message that Temporal gets, if it is less than the full one. */
  publicFailure?: string;
  /** The arguments with which the rounds were joined. Used to join them again when a lost answer arrives. */
  joined?: { unsent: { type: string; message: string }; canceled: boolean };
  /** Documents without an answer by error, most frequent first. Unset if there are none. */
  errors?: ErrorCount[];
}

/** The state of a job. */
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

const ENDED: ReadonlySet<JobState> = new Set(['completed', 'failed', 'canceled']);

/** Returns whether a job in this state has ended. */
export const hasEnded = (state: JobState): boolean => ENDED.has(state);

/**
 * How a job ended: the workflow's result and the store's `summary.json`. Temporal gets the public messages of
 * failures, the store the full ones.
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
  /**
   * Ids of batches that were bought although they had been presumed lost, at most 100. Unset if there are
   * none.
   */
  orphaned?: string[];
  /** Documents of which it is unknown whether a batch holds them. Unset if there are none. */
  unresolved?: number;
  /** Documents that got the answer of an equal request instead of being sent. Unset if there are none. */
  equal?: number;
  /** Documents that have the answer of an earlier job instead of being sent. Unset if there are none. */
  reused?: number;
  /** Documents that were not sent because the budget was exceeded. Unset if there are none. */
  overBudget?: number;
  /** Odd rows in the results of the job's batches. Unset if there are none. */
  odd?: OddCounts;
  /** Cost of the job's answers. */
  cost: Cost;
  /** When the job ended, ISO 8601. */
  endedAt: string;
  /**
   * Store prefix of the results. One JSONL file per chunk; their names sort in input order. Unset for a job
   * that ended before its chunks began, such as one over its budget: it sent nothing and has no results.
   */
  results?: string;
  /** Chunks that failed, with the message of their failure; at most 100. */
  failures: { chunk: number; message: string }[];
  /**
   * Documents without an answer by error, most frequent first. Unset if there are none. Only in the store:
   * messages may quote documents, so Temporal's copy has none.
   */
  errors?: ErrorCount[];
  /** Why the whole job failed. Unset if it did not, as for a canceled job. */
  failure?: string;
  /** Type of that failure: one of the types of `JobFailedError`. */
  failureType?: string;
}

/** A batch in flight, as its chunk last reported. */
export interface BatchInFlight {
  /** The batch id. */
  batch: string;
  /** The chunk's number. */
  chunk: number;
  /** The round's number, from 0. */
  round: number;
  /** Requests in the batch. */
  requests: number;
  /** When the batch was created, an ISO 8601 time. */
  since: string;
}

/** A job's progress. */
export interface JobProgress extends LiveCounts {
  job: JobRef;
  state: JobState;
  /** Documents planned so far. Final once the state is no longer `planning`. */
  documents: number;
  /** Documents of chunks that have ended. */
  done: number;
  succeeded: number;
  failed: number;
  /** `held`: running chunks that wait for a person. Unset if there are none. */
  chunks: { planned: number; running: number; done: number; held?: number };
  batches: number;
  rounds: number;
  /** Cost of the chunks that have ended. Unset until one has. */
  cost?: Cost;
  /** The job's budget in USD, as a decimal string. Unset if it has none of its own. */
  maxUsd?: string;
  /**
   * When the next poll of a running batch is due, as last reported by the job: an ISO 8601 time that may be
   * past.
   */
  nextPoll?: string;
  /** The batches in flight, oldest first. Unset if there are none. Only a client reads them. */
  inFlight?: BatchInFlight[];
  /** Why the job waits, as a sentence, if the reason is unusual (a key, the store, a person). */
  waiting?: string;
  /**
   * The job's workflows whose workflow task fails repeatedly. Only a client can see them. Unset if there are
   * none.
   */
  stuck?: StuckWorkflow[];
}

/** A job's progress as its workflow and those of its segments report it. */
export interface ReportedProgress extends Omit<JobProgress, 'waiting' | 'stuck' | 'inFlight'> {
  /** Why the job waits, if the reason is unusual. */
  reason?: WaitReason;
}
