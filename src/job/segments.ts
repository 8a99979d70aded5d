import { addCosts, type Cost } from '../cost/cost';
import { isCount } from '../cost/prices/count';
import type { FinishChunkInput } from './activity-types';
import type { Rebuild } from './inputs';
import type { ChunkPlan, JobRef, JobSettings } from './job';
import { addLiveCounts, type LiveCounts } from './live';
import type { SubmissionTimes } from './protocol/submission';

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
export interface Totals extends LiveCounts {
  /** Documents of chunks that have ended. */
  done: number;
  succeeded: number;
  failed: number;
  chunksDone: number;
  chunksRunning: number;
  batches: number;
  /** The most rounds that any chunk took. */
  rounds: number;
  /** What the chunks that have ended cost. Absent until one has. */
  cost?: Cost;
}

/** The input of the workflow that carries one segment of a job. */
export interface SegmentInput {
  job: JobRef;
  segment: number;
  /** Number of its first chunk. */
  first: number;
  plans: ChunkPlan[];
  /** What of the job's limits it may use. */
  slots: Slots;
  settings: JobSettings;
  times: SubmissionTimes;
  searchAttributes: boolean;
  /** The job sends so few requests that first rounds go live. */
  live?: true;
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

/** Signal of a segment to its document set: how far it is, for display alone. */
export interface SegmentNews {
  segment: number;
  totals: Totals;
}

/** Reads a signal that claims to come from a segment: its counts. Returns `undefined` if it is malformed. */
export function readSegmentNews(value: unknown): SegmentNews | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { segment, totals } = value as Partial<SegmentNews>;
  if (!isCount(segment) || typeof totals !== 'object' || totals === null) return undefined;
  const counts = noTotals();
  for (const field of Object.keys(counts) as (keyof typeof counts)[]) {
    if (!isCount(totals[field])) return undefined;
    counts[field] = totals[field];
  }
  return { segment, totals: counts };
}

export function noTotals(): Required<Omit<Totals, 'cost' | keyof LiveCounts>> {
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
    ...addLiveCounts(a, b),
    cost: a.cost && b.cost ? addCosts(a.cost, b.cost) : (a.cost ?? b.cost),
  };
}

/** Segments that run at a time, where the job's limits and its number of chunks allow so many. */
const SEGMENTS_AT_ONCE = 4;

/**
 * What of the job's limits each of the segments that run at a time has. A segment keeps its share until it has ended, so only
 * its share is idle while it waits for its slowest batch.
 *
 * @param largest requests of the largest chunk
 */
export function segmentShares({ batches, requests }: Slots, largest: number): Slots[] {
  const room = Math.max(1, Math.floor(requests / Math.max(1, largest)));
  const count = Math.max(1, Math.min(SEGMENTS_AT_ONCE, batches, room));
  return Array.from({ length: count }, (_, index) => ({
    batches: Math.floor(batches / count) + (index < batches % count ? 1 : 0),
    requests: Math.floor(requests / count),
  }));
}

/**
 * The chunks of each segment, as `[first, end)`: segments of equal size, and so many that as many as run at a time end at about
 * the same time.
 *
 * @param shares segments that run at a time
 */
export function segmentRanges(
  chunks: number,
  shares: number,
  size = SEGMENT_CHUNKS,
): [first: number, end: number][] {
  const count = Math.min(chunks, shares * Math.ceil(chunks / (size * shares)));
  const start = (segment: number) => Math.floor((segment * chunks) / count);
  return Array.from({ length: count }, (_, segment) => [start(segment), start(segment + 1)]);
}
