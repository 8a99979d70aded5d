/** Inputs and outputs of the activities: references, counts and small scalars only, never a document. */
import type { ChunkPlan, JobRef, JobSettings, JobSummary } from './job';
import type { SubmissionTimes } from './protocol/submission';

/** A firing of a schedule: where its worker finds the input and the spec. */
export interface ScheduledFiring {
  schedule: string;
  /** Key of the schedule's spec in the store. */
  spec: string;
  /** The nominal time of the firing, ISO 8601. */
  time: string;
}

export interface PrepareInput {
  job: JobRef;
  /** For a firing: copies the input and the spec into the store first. */
  firing?: ScheduledFiring;
}

export interface Prepared {
  settings: JobSettings;
  /** The worker's times for the submission protocol; the job keeps them to its end. */
  times: SubmissionTimes;
  model?: string;
  /** The job is held to a budget. Absent where it is not. */
  budget?: true;
}

/** Where planning stopped. Opaque to the workflow; it is small whatever the input. */
export interface PlanCursor {
  /** Bytes of the input (or chunks of the earlier job, for a retry) that are planned. */
  offset: number;
  /** Lines of the input that are planned. */
  line: number;
  /** The next chunk's number. */
  chunk: number;
}

export interface PlanInput {
  job: JobRef;
  cursor?: PlanCursor;
}

export interface PlanPage {
  chunks: ChunkPlan[];
  /** Absent when the whole input is planned. */
  cursor?: PlanCursor;
}

export interface ReadPlanInput {
  job: JobRef;
  /** The first chunk of the page. */
  from: number;
}

/** A page of a job's plan as the store has it. */
export interface StoredPlan extends Pick<Prepared, 'settings' | 'times'> {
  chunks: ChunkPlan[];
  /** Whether any chunk of the page was begun to be sent; those that were not never will be. */
  begun: boolean;
  /** The chunk with which the next page begins; absent on the last one. */
  next?: number;
}

/** What became of a job's batches at the API when they were deleted. */
export interface DeletedBatches {
  deleted: number;
  /** Ids of those that still run: only ended ones can be deleted. */
  running: string[];
}

export interface CheckIdsInput {
  job: JobRef;
  chunks: number;
}

export interface FindEqualInput {
  job: JobRef;
  chunks: number;
  documents: number;
}

/** Requests that need not be sent: an earlier one of the job is equal, or an earlier job has the answer. */
export interface EqualRequests {
  /** How many in which chunks, of the chunks that have any. */
  chunks: [chunk: number, requests: number][];
}

export interface WorstCaseInput {
  job: JobRef;
  chunks: number;
}

/** The worst case of a job. */
export interface JobWorstCase {
  requests: number;
  /** USD, as a decimal string. */
  worst: string;
}

export interface AwaitRequestInput {
  job: JobRef;
  /** How many requests of people the workflow knows. */
  seen: number;
}

export interface ChunkRef {
  job: JobRef;
  chunk: number;
}

export interface RoundRef extends ChunkRef {
  round: number;
}

/** A batch that is ours for certain. */
export interface Bought {
  kind: 'bought';
  batch: string;
  /** ISO 8601. */
  createdAt: string;
  /** An attempt of the chunk was presumed lost, and its batch may still show. */
  watch?: true;
  /** Its results are in the store, as after a Reset. */
  stored?: true;
}

/** A live round of which the store has all results. */
export interface Answered {
  kind: 'answered';
  /** As of a `Bought`. */
  watch?: true;
}

/** Nothing was bought, and what was tried cannot buy anything any more: the round may be sent again. */
export interface NotSent {
  kind: 'notSent';
  why: WhyNotSent;
}

/** Why a round was not sent. `reason` is a sentence for the UI. */
export type WhyNotSent =
  /** The attempt died before its gate, or none is open: the round is sent again at once. */
  | { code: 'overtaken' }
  /** The round was begun live: only the live step may go on with it. */
  | { code: 'begunLive' }
  /** The job is paused, as of so many requests of people. */
  | { code: 'paused'; requests: number }
  /** The chunk was fenced since it last heard of its job, which may have ended. */
  | { code: 'fenced'; reason: string }
  /** A budget does not allow it for now. */
  | ({ code: 'overBudget' } & OverBudget)
  /**
   * The API refused it or could not be asked: the round is sent again after at least `delay` milliseconds, where the API named some.
   * `unpaid`: the account has no credit, or is at a spend limit.
   */
  | { code: 'failed'; reason: string; delay?: number; unpaid?: true };

/** An attempt of the round is open, and may have bought a batch. */
export interface MustReconcile {
  kind: 'mustReconcile';
  /** Why its answer is not known, for the UI. */
  reason?: string;
}

/** The batch that an attempt may have bought is searched for: search again. */
export interface Searching {
  kind: 'searching';
  attempt: number;
  /** The search saw all that the list could show. */
  complete: boolean;
  /** Ids of batches that may be the attempt's and cannot be judged yet. */
  watching: string[];
  /** Attempts of the round that were presumed lost before. */
  presumedLost: number;
  /** The list also showed a batch that the store knows to be ours; absent where that does not matter. */
  proved?: boolean;
  /** What the search met, for the UI. */
  reason?: string;
  /** What stands in the way and may never pass, and what a person can do about it. */
  blocked?: string;
  /** The API asked to wait for so many milliseconds. */
  delay?: number;
}

/** A person must decide. */
export interface Held {
  kind: 'held';
  reason: string;
  /** Attempts of the round that were presumed lost. */
  presumedLost: number;
}

/** What came of sending a round. */
export type SubmitOutcome = Bought | Answered | NotSent | MustReconcile;

/** What came of a round's open attempt. */
export type ReconcileOutcome = Bought | NotSent | Searching | Held;

/**
 * Why a round does not fit into a budget for now. `crowded`: it will fit if what is in flight turns out to cost less than its worst
 * case. `full`: it fits only after a larger budget or a new period, or the chunk itself has something reserved.
 */
export interface OverBudget {
  budget: 'crowded' | 'full';
  /** A sentence for the UI. */
  reason: string;
}

/** What a chunk that was cut short leaves to be brought home. */
export interface OpenRound {
  /** The round that was begun and whose results are not in the store; absent where there is none. */
  round?: number;
  /** Its batch; absent where it is not known whether one was bought. */
  batch?: string;
  /** It is sent live. */
  live?: true;
  /** An attempt of the chunk was given up, and its batch may show after all. */
  watch?: true;
}

export interface SubmitInput extends RoundRef {
  /** The job's times for the submission protocol. */
  times: SubmissionTimes;
  /** The job has ended: nothing may be sent for it any more. */
  jobEnded?: true;
  /** The chunk waited for room in a budget: if it gets some, the next chunk that waits is woken. */
  waitedForRoom?: true;
  /** When the job was last known to run, in milliseconds of the Temporal server's clock. Absent for a chunk without a job. */
  heard?: number;
}

export interface SendLiveInput extends SubmitInput {
  /** Sends nothing more: what was not sent is canceled, and what came is kept. */
  close?: true;
}

export interface ReconcileInput extends RoundRef {
  /** The job's times for the submission protocol. */
  times: SubmissionTimes;
  /** The attempt that the looks were for: no other is given up on their strength. */
  attempt?: number;
  /** Two complete searches after the whole grace saw nothing: presume the attempt lost. */
  presumeLost: boolean;
  /** How many attempts of the round may be presumed lost: at most three, and one more each time a person resumes the chunk. */
  allowed: number;
}

export interface BatchRef extends ChunkRef {
  batch: string;
}

export interface PollInput extends BatchRef {
  /** The job's times, where the poll also looks for batches of attempts that were given up. */
  watch?: SubmissionTimes;
}

export interface Poll {
  status: 'in_progress' | 'canceling' | 'ended';
  /** Ids of batches of ours that showed although they had been presumed void. */
  orphaned?: string[];
  /** Why they could not be looked for. */
  reason?: string;
}

export interface CollectOrphansInput extends ChunkRef {
  times: SubmissionTimes;
}

export interface Collected {
  /** Ids of all orphans that are known. */
  orphaned: string[];
  /** Of these, the ones that have not ended. */
  running: string[];
  /** Of these, the ones whose results could not be read now. */
  unread: string[];
  /** Why not. */
  reason?: string;
}

export interface RetrieveInput extends RoundRef {
  /** Absent where the round was sent live. */
  batch?: string;
  /** Transient failures become the selection of the next round. */
  retry: boolean;
  /** Those that the account could not pay for do, also without `retry`. */
  unpaid: boolean;
  /** Those whose answer stays lost do: they are paid for again. */
  resend?: boolean;
  /** Rows that are missing were written off: they are not downloaded again. */
  writtenOff?: boolean;
}

export interface Retrieved {
  rows: number;
  succeeded: number;
  /** Requests in the next round's selection; 0 when there is none. */
  outstanding: number;
  /** Requests that the account could not pay for. */
  unpaid: number;
}

/** A round of which results cannot be had any more. */
export interface WriteOffInput extends RoundRef {
  batch: string;
  /** The API has the results, and rows are missing in them. */
  incomplete?: boolean;
  /** Why, in a sentence that names the batch. */
  reason: string;
  /** The job pays again: all that the round sent becomes the selection of the next. */
  resend: boolean;
}

export interface WrittenOff {
  /** Downloads of them are in the store: only what is missing there is lost. */
  home?: true;
  /** The API has them after all: nothing was written off. */
  there?: true;
  /** Requests in the next round's selection. */
  outstanding: number;
}

export interface FinishChunkInput extends ChunkRef {
  /** Why documents without any result have none. */
  unsent: { type: string; message: string };
  /** The job asked for the cancellation of the chunk's batches. */
  canceled: boolean;
  /** Why the chunk could not go on, when it failed. */
  failure?: string;
  /** Leaves a chunk that has ended as it is. */
  keep?: boolean;
}

export interface FinishJobInput {
  job: JobRef;
  state: JobSummary['state'];
  chunks: number;
  documents: number;
  failure?: string;
  /** The job had ended before: why it failed stays as it was told then. */
  again?: boolean;
  failureType?: string;
}
