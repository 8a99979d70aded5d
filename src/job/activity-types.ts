/** Inputs and outputs of the activities. They hold references, counts and small scalars, never a document. */
import type { ChildJob } from './inputs';
import type { ChunkPlan, JobRef, JobSettings, JobSummary } from './job';
import type { OnComplete } from './on-complete';
import type { SubmissionTimes } from './protocol/submission';
import type { Failed, Fenced, LostBatch, OverBudget, SearchObstacle, WaitReason } from './reason';

/** A firing of a schedule: where the worker finds the input and the spec. */
export interface ScheduledFiring {
  schedule: string;
  /** Key of the schedule's spec in the store. */
  spec: string;
  /** The nominal time of the firing, ISO 8601. */
  time: string;
}

export interface PrepareInput {
  job: JobRef;
  /** For a firing: the input and the spec are copied into the store first. */
  firing?: ScheduledFiring;
  /** For a child of a user's workflow: the spec is checked and copied into the job's folder first. */
  child?: ChildJob;
}

export interface Prepared {
  settings: JobSettings;
  /** The worker's times for the submission protocol. The job keeps them to its end. */
  times: SubmissionTimes;
  model?: string;
  /** Set if the job has a budget. */
  budget?: true;
  /** Set if the job retries another one, whose lost answers are collected before the plan. */
  retry?: true;
  /** What the job starts when it ends. */
  onComplete?: OnComplete;
}

/** Where planning stopped. Opaque to the workflow, and small for an input of any size. */
export interface PlanCursor {
  /** Bytes of the input that are planned; for a retry, chunks of the earlier job. */
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
  /** Unset once the whole input is planned. */
  cursor?: PlanCursor;
}

export interface RecoverLostInput {
  job: JobRef;
}

export interface ReadPlanInput {
  job: JobRef;
  /** The first chunk of the page. */
  from: number;
}

/** A page of a job's plan in the store. */
export interface StoredPlan extends Pick<Prepared, 'settings' | 'times'> {
  chunks: ChunkPlan[];
  /** Whether sending has begun for any chunk of the page. If not, the page is never sent. */
  begun: boolean;
  /** First chunk of the next page. Unset on the last page. */
  next?: number;
}

/** The result of deleting a job's batches at the API. */
export interface DeletedBatches {
  deleted: number;
  /** Ids of batches that still run: only ended ones can be deleted. */
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

/**
 * Requests that need not be sent, because an earlier request of the job is equal or an earlier job has the
 * answer.
 */
export interface EqualRequests {
  /** The chunks that have such requests, and how many. */
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
  /** How many control requests the workflow knows. */
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

/** Why a round was not sent. */
export type WhyNotSent =
  /** The attempt died before its gate, or none is open: the round is sent again at once. */
  | { code: 'overtaken' }
  /** The round was begun live: only the live step may go on with it. */
  | { code: 'begunLive' }
  /** The job is paused, as of so many requests of people. */
  | { code: 'paused'; requests: number }
  /** The chunk was closed after its job was last known to be running. The job may have ended. */
  | { code: 'fenced'; reason: Fenced }
  /** A budget does not allow it for now. */
  | { code: 'overBudget'; reason: OverBudget }
  /**
   * The API refused it or could not be asked: resend after at least `delay` milliseconds, if the API named a
   * delay.
   */
  | { code: 'failed'; reason: Failed; delay?: number };

/** An attempt of the round is open, and may have bought a batch. */
export interface MustReconcile {
  kind: 'mustReconcile';
  /** Why its answer is not known. Unset if the worker that sent it died. */
  reason?: WaitReason;
}

/** A batch may exist that the attempt bought: search again. */
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
  /** Why the search failed or is incomplete, or what is odd about the replies. */
  reason?: WaitReason;
  /** What stands in the way and may never pass. */
  blocked?: SearchObstacle;
  /** The API asked to wait for so many milliseconds. */
  delay?: number;
}

/** A person must decide. */
export interface Held {
  kind: 'held';
  reason: SearchObstacle;
  /** Attempts of the round that were presumed lost. */
  presumedLost: number;
}

/** The outcome of sending a round. */
export type SubmitOutcome = Bought | Answered | NotSent | MustReconcile;

/** The outcome of a search for the batch of a round's open attempt. */
export type ReconcileOutcome = Bought | NotSent | ((Searching | Held) & { lost: LostBatch });

/** The open round of a chunk that was cut short. */
export interface OpenRound {
  /** The round that began and whose results are not in the store. Unset if there is none. */
  round?: number;
  /** The round's batch. Unset if it is unknown whether one was bought. */
  batch?: string;
  /** The round is sent live. */
  live?: true;
  /** An attempt of the chunk was presumed lost, and its batch may still appear. */
  watch?: true;
}

export interface SubmitInput extends RoundRef {
  /** The job's times for the submission protocol. */
  times: SubmissionTimes;
  /** The job has ended, so nothing more may be sent for it. */
  jobEnded?: true;
  /** The chunk waited for budget. If it reserves some, the next waiting chunk is notified. */
  waitedForBudget?: true;
  /**
   * When the job was last known to run, in milliseconds of the Temporal server's clock. Unset for a chunk
   * without a job.
   */
  heard?: number;
}

export interface SendLiveInput extends SubmitInput {
  /** Sends no more: cancels unsent requests and keeps the answers that came. */
  close?: true;
}

export interface ReconcileInput extends RoundRef {
  /** The job's times for the submission protocol. */
  times: SubmissionTimes;
  /** The attempt that was searched for. No other may be presumed lost because of that search. */
  attempt?: number;
  /** Two complete searches after the grace period found nothing: presume the attempt lost. */
  presumeLost: boolean;
  /**
   * How many attempts of the round may be presumed lost: three, and one more each time a person resumes the
   * chunk.
   */
  allowed: number;
}

export interface BatchRef extends ChunkRef {
  batch: string;
}

export interface PollInput extends BatchRef {
  /** The job's times. Set if the poll also searches for batches of attempts that were presumed lost. */
  watch?: SubmissionTimes;
}

export interface Poll {
  status: 'in_progress' | 'canceling' | 'ended';
  /** Ids of our batches that appeared after they were presumed lost. */
  orphaned?: string[];
  /** Why the search for them failed. */
  reason?: WaitReason;
}

export interface CollectOrphansInput extends ChunkRef {
  times: SubmissionTimes;
}

export interface Collected {
  /** Ids of all known orphans. */
  orphaned: string[];
  /** Those that have not ended. */
  running: string[];
  /** Those whose results cannot be read now. */
  unread: string[];
  /** Why they cannot be read. */
  reason?: Failed;
}

export interface RetrieveInput extends RoundRef {
  /** Unset if the round was sent live. */
  batch?: string;
  /** Selects transient failures for the next round. */
  retry: boolean;
  /** Selects requests that the account could not pay for, also without `retry`. */
  unpaid: boolean;
  /** Selects requests whose answer stays lost. They are paid for again. */
  resend?: boolean;
  /** Missing rows were written off and are not downloaded again. */
  writtenOff?: boolean;
}

export interface Retrieved {
  rows: number;
  succeeded: number;
  /** Requests selected for the next round; 0 if there is none. */
  outstanding: number;
  /** Requests that the account could not pay for. */
  unpaid: number;
}

/** A round whose results are lost. */
export interface WriteOffInput extends RoundRef {
  batch: string;
  /** The API has the results, but rows are missing. */
  incomplete?: boolean;
  /** Why. Its message names the batch. */
  reason: Failed;
  /** Selects all requests of the round for the next one, which pays for them again. */
  resend: boolean;
}

export interface WrittenOff {
  /** The store has downloads of the results. Only the missing rows are lost. */
  home?: true;
  /** The API has the results after all. Nothing was written off. */
  there?: true;
  /** Requests selected for the next round. */
  outstanding: number;
}

/** How a chunk ends that has not answered all documents. */
export interface ChunkEnd {
  /** Why documents without a result have none. */
  unsent: { type: string; message: string };
  /** The job requested the cancellation of the chunk's batches. */
  canceled: boolean;
  /** Why the chunk failed, if it did. */
  failure?: string;
}

export interface FinishChunkInput extends ChunkRef, ChunkEnd {
  /** Leaves a chunk that has ended unchanged. */
  keep?: boolean;
}

export interface FinishJobInput {
  job: JobRef;
  state: JobSummary['state'];
  chunks: number;
  documents: number;
  failure?: string;
  /** The job had already ended. The recorded reason of its failure stays. */
  again?: boolean;
  failureType?: string;
}
