import { addCosts } from '../cost/cost';
import { type ChunkPhase, stateWith } from './chunk-state';
import type { BatchInFlight, JobProgress, ReportedProgress } from './job';
import { addLiveCounts } from './live';
import type { WaitReason } from './reason';
import { reasonText } from './reason-text';

/** The last report of a running chunk. */
export interface LiveChunk {
  phase: ChunkPhase;
  /** Batches bought for the chunk so far, or the one that it adopts. */
  batches: number;
  /** Why it waits, if the reason is unusual. */
  reason?: WaitReason;
  /** When its batch is polled next, in milliseconds. */
  nextPoll?: number;
  /** Its batch in flight. */
  inFlight?: BatchInFlight;
}

/** The last reports of a job's running parts. */
export interface LiveParts {
  chunks: LiveChunk[];
  segments: ReportedProgress[];
}

/** Adds the progress of running segments and chunks to what a job's workflow reports. */
export function withParts(progress: ReportedProgress, { chunks, segments }: LiveParts): JobProgress {
  const { reason, ...all } = segments.reduce(addSegment, progress);
  const polls = chunks.map(({ nextPoll }) => nextPoll).filter((at) => at !== undefined);
  const inFlight = chunks.flatMap((chunk) => chunk.inFlight ?? []);
  const held = chunks.filter(({ phase }) => phase === 'held');
  const why = reason ?? [...held, ...chunks].find((chunk) => chunk.reason !== undefined)?.reason;
  return {
    ...all,
    state: stateWith(progress.state, chunks),
    chunks: held.length > 0 ? { ...all.chunks, held: held.length } : all.chunks,
    batches: all.batches + chunks.reduce((sum, { batches }) => sum + batches, 0),
    nextPoll: polls.length > 0 ? new Date(Math.min(...polls)).toISOString() : undefined,
    inFlight: inFlight.length > 0 ? inFlight.sort(oldestFirst) : undefined,
    waiting: why && reasonText(why),
  };
}

const oldestFirst = (a: BatchInFlight, b: BatchInFlight) => Date.parse(a.since) - Date.parse(b.since);

function addSegment(sum: ReportedProgress, segment: ReportedProgress): ReportedProgress {
  return {
    ...sum,
    done: sum.done + segment.done,
    succeeded: sum.succeeded + segment.succeeded,
    failed: sum.failed + segment.failed,
    chunks: {
      planned: sum.chunks.planned,
      running: sum.chunks.running + segment.chunks.running,
      done: sum.chunks.done + segment.chunks.done,
    },
    batches: sum.batches + segment.batches,
    rounds: Math.max(sum.rounds, segment.rounds),
    ...addLiveCounts(sum, segment),
    cost: sum.cost && segment.cost ? addCosts(sum.cost, segment.cost) : (sum.cost ?? segment.cost),
  };
}
