import { addCosts, type Cost } from '../cost/cost';
import type { Rebuild } from './inputs';
import type { ChunkPlan, JobRef, JobSettings } from './job';
import { addOneByOne, type OneByOneCounts } from './one-by-one';
import type { FinishChunkInput } from './steps';
import type { SubmissionTimes } from './submission';

/**
 * Chunks that one workflow carries as its own children. Each child costs its parent some twenty events, and a history ends
 * at 50,000: larger sets are cut into segments, each carried by a workflow of its own.
 */
export const SEGMENT_CHUNKS = 250;

/** Room for batches in flight: what a job's limits are handed out as. */
export interface Slots {
  batches: number;
  requests: number;
}

/** How far a part of a job is; a job's own totals are the sum of its parts'. */
export interface Totals extends OneByOneCounts {
  /** Documents of chunks that have ended. */
  done: number;
  succeeded: number;
  failed: number;
  chunksDone: number;
  chunksRunning: number;
  batches: number;
  /** The most rounds that any chunk took. */
  rounds: number;
  /** What the chunks that have ended cost. Absent in the news of earlier releases' segments. */
  cost?: Cost;
}

/** The input of the workflow that carries one segment of a job. */
export interface SegmentInput {
  job: JobRef;
  segment: number;
  /** Number of its first chunk. */
  first: number;
  plans: ChunkPlan[];
  /** What of the job's limits it may use from the start; more is granted as other segments let go of it. */
  slots: Slots;
  settings: JobSettings;
  times: SubmissionTimes;
  searchAttributes: boolean;
  paused: boolean;
  /** The job sends so few requests that first rounds go one by one. */
  sync?: true;
  /** Sends nothing: only brings home what the segment had bought, and gives every document of it its outcome. */
  closing?: End;
  /** The job's workflow is gone. */
  rebuild?: Rebuild;
  /** With `rebuild`: brings home what the segment had bought. */
  salvage?: true;
}

/** How what did not go to its end is closed. */
export type End = Pick<FinishChunkInput, 'canceled' | 'unsent' | 'failure'>;

/**
 * The end of what its job's end cut short.
 *
 * @param canceled the job counts as canceled: what the API canceled was canceled by it.
 */
export function endOfJob(canceled: boolean): End {
  const message = 'The job, or its segment, was ended before this request was sent.';
  return { canceled, unsent: { type: canceled ? 'canceled' : 'not_sent', message } };
}

/** The end of a part that was canceled alone, or failed. */
export function endOfPart(canceled: boolean, message: string): End {
  if (canceled) return { canceled, unsent: { type: 'canceled', message } };
  return { canceled, unsent: { type: 'chunk_failed', message }, failure: message };
}

/** A segment's message that it lets go of slots: it has no chunk left to start. */
export interface Release {
  segment: number;
  slots: Slots;
}

export interface SegmentNews {
  segment: number;
  totals: Totals;
}

export function noTotals(): Totals {
  return { done: 0, succeeded: 0, failed: 0, chunksDone: 0, chunksRunning: 0, batches: 0, rounds: 0 };
}

export function addTotals(a: Totals, b: Totals): Totals {
  return {
    done: a.done + b.done,
    succeeded: a.succeeded + b.succeeded,
    failed: a.failed + b.failed,
    chunksDone: a.chunksDone + b.chunksDone,
    chunksRunning: a.chunksRunning + b.chunksRunning,
    batches: a.batches + b.batches,
    rounds: Math.max(a.rounds, b.rounds),
    ...addOneByOne(a, b),
    cost: a.cost && b.cost ? addCosts(a.cost, b.cost) : (a.cost ?? b.cost),
  };
}

export function addSlots(a: Slots, b: Slots): Slots {
  return { batches: a.batches + b.batches, requests: a.requests + b.requests };
}

export function subtractSlots(a: Slots, b: Slots): Slots {
  return { batches: a.batches - b.batches, requests: a.requests - b.requests };
}

export function leastSlots(a: Slots, b: Slots): Slots {
  return { batches: Math.min(a.batches, b.batches), requests: Math.min(a.requests, b.requests) };
}

/** Whether anything can be started with the slots. */
export function anySlots({ batches, requests }: Slots): boolean {
  return batches > 0 && requests > 0;
}

/** The chunks of each segment, as `[first, end)`. */
export function segmentRanges(chunks: number, size = SEGMENT_CHUNKS): [first: number, end: number][] {
  const ranges: [number, number][] = [];
  for (let first = 0; first < chunks; first += size) ranges.push([first, Math.min(chunks, first + size)]);
  return ranges;
}
