import { addCosts } from '../cost/cost';
import { type ChunkPhase, stateWith } from './chunk-state';
import type { JobProgress } from './job';
import { addLiveCounts } from './live';

/** The last report of a running chunk. */
export interface LiveChunk {
  phase: ChunkPhase;
  /** Batches bought for the chunk so far, or the one that it adopts. */
  batches: number;
  /** Why it waits, if the reason is unusual. */
  reason?: string;
  /** When its batch is polled next, in milliseconds. */
  nextPoll?: number;
}

/** The last reports of a job's running parts. */
export interface LiveParts {
  chunks: LiveChunk[];
  segments: JobProgress[];
}

/** Adds the progress of running segments and chunks to a job's progress. */
export function withParts(progress: JobProgress, { chunks, segments }: LiveParts): JobProgress {
  const all = segments.reduce(addSegment, progress);
  const polls = chunks.map(({ nextPoll }) => nextPoll).filter((at) => at !== undefined);
  const held = chunks.filter(({ phase }) => phase === 'held');
  return {
    ...all,
    state: stateWith(progress.state, chunks),
    chunks: held.length > 0 ? { ...all.chunks, held: held.length } : all.chunks,
    batches: all.batches + chunks.reduce((sum, { batches }) => sum + batches, 0),
    nextPoll: polls.length > 0 ? new Date(Math.min(...polls)).toISOString() : undefined,
    waiting: all.waiting ?? [...held, ...chunks].find(({ reason }) => reason !== undefined)?.reason,
  };
}

function addSegment(sum: JobProgress, segment: JobProgress): JobProgress {
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
