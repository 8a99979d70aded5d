import { addCosts, type Cost } from '../cost/cost';
import { isCount } from '../cost/prices/count';
import type { ChunkEnd } from './activity-types';
import type { Rebuild } from './inputs';
import type { ChunkPlan, JobRef, JobSettings } from './job';
import { addLiveCounts, type LiveCounts } from './live';
import type { SubmissionTimes } from './protocol/submission';

/**
 * Chunks that one workflow carries as its own children. Larger sets are cut into segments, each carried by
 * its own workflow.
 *
 * A child costs its parent 10 events, and 4 for each state that it reports: some 20 in all, and 45 after two
 * rounds of resent requests among failed polls. Temporal warns at 10,240 events and ends a workflow at
 * 51,200. So 250 chunks take some 5,000 events, which a worker replays in a moment, and in trouble each may
 * take 200. Ten times as many would fit only if none had trouble.
 */
export const SEGMENT_CHUNKS = 250;

/** Capacity for batches in flight: a share of a job's limits. */
export interface Slots {
  batches: number;
  requests: number;
}

/** The progress of a part of a job. A job's own totals are the sum of its parts'. */
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
  /** Cost of the chunks that have ended. Unset until one has. */
  cost?: Cost;
}

/** The input of the workflow that carries one segment of a job. */
export interface SegmentInput {
  job: JobRef;
  segment: number;
  /** Number of the segment's first chunk. */
  first: number;
  plans: ChunkPlan[];
  /** The segment's share of the job's limits. */
  slots: Slots;
  settings: JobSettings;
  times: SubmissionTimes;
  searchAttributes: boolean;
  /** The job has so few requests that first rounds are sent live. */
  live?: true;
  /** Sends nothing: only collects what the segment had bought, and gives each of its documents an outcome. */
  closing?: ChunkEnd;
  /** Set if the job's workflow is gone. */
  rebuild?: Rebuild;
  /** With `rebuild`: collects what the segment had bought. */
  salvage?: true;
}

/**
 * Returns the end of chunks that the end of their job cut short.
 *
 * @param canceled the job counts as canceled, so requests that the API canceled were canceled by the job
 */
export function endOfJob(canceled: boolean): ChunkEnd {
  const message = 'The job or its segment ended before this request was sent.';
  return { canceled, unsent: { type: canceled ? 'canceled' : 'not_sent', message } };
}

/** Returns the end of a part that was canceled alone, or failed. */
export function endOfPart(canceled: boolean, message: string): ChunkEnd {
  if (canceled) return { canceled, unsent: { type: 'canceled', message } };
  return { canceled, unsent: { type: 'chunk_failed', message }, failure: message };
}

/** Signal of a segment to its document set with its progress, for display alone. */
export interface SegmentNews {
  segment: number;
  totals: Totals;
}

/**
 * Reads the counts of a signal that claims to come from a segment. Returns `undefined` if it is malformed.
 */
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

/** The most segments that run concurrently, if the job's limits and its number of chunks allow it. */
const SEGMENTS_AT_ONCE = 4;

/**
 * Returns the share of the job's limits for each concurrent segment. A segment keeps its share until it has
 * ended, so only its share is idle while it waits for its slowest batch.
 *
 * @param largest requests of the largest chunk
 */
export function segmentShares({ batches, requests }: Slots, largest: number): Slots[] {
  const largestInFlight = Math.max(1, Math.floor(requests / Math.max(1, largest)));
  const count = Math.max(1, Math.min(SEGMENTS_AT_ONCE, batches, largestInFlight));
  return Array.from({ length: count }, (_, index) => ({
    batches: Math.floor(batches / count) + (index < batches % count ? 1 : 0),
    requests: Math.floor(requests / count),
  }));
}

/**
 * Returns the chunks of each segment, as `[first, end)`. Segments have equal size. Their number is a multiple
 * of the concurrent ones, so that those end at about the same time.
 *
 * @param shares number of concurrent segments
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
