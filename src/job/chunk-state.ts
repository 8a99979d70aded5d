import type { Cost } from '../cost/cost';

/** Where a chunk is on its way; what its workflow tells the job's and shows in the UI. */
export type ChunkPhase =
  | 'waiting'
  | 'paused'
  | 'submitting'
  | 'sending one by one'
  | 'looking'
  | 'held'
  | 'in progress'
  | 'retrieving'
  | 'backing off'
  | 'over budget'
  | 'canceling';

export interface ChunkState {
  chunk: number;
  phase: ChunkPhase;
  requests: number;
  round: number;
  /** The batch in flight. */
  batch?: string;
  /** When the batch was bought, in milliseconds of workflow time: its polls follow from it. */
  since?: number;
  /** What the chunk waits for, when it is something unusual. */
  reason?: string;
  /** Ids of batches that were bought although they had been presumed void. */
  orphaned?: string[];
  /** What its answers cost, once it is closed. */
  cost?: Cost;
}

export function newChunkState(chunk: number, requests: number): ChunkState {
  return { chunk, phase: 'waiting', requests, round: 0 };
}

/** Two reasons that differ in numbers only, as times and counts do with every try, say the same. */
const gist = (reason: string | undefined) => reason?.replace(/\d+/g, '0');

const SENDING: ReadonlySet<ChunkPhase> = new Set([
  'submitting',
  'sending one by one',
  'backing off',
  'over budget',
]);

/**
 * What is new to a job that was told `told`: another state, another reason for waiting in the same one, or nothing. That a
 * round is tried again for the reason that the job knows is nothing new: each message costs it events, and an outage may last.
 */
export function news(told: ChunkState | undefined, now: ChunkState): 'state' | 'reason' | undefined {
  if (told === undefined) return 'state';
  for (const field of ['round', 'batch', 'requests', 'since'] as const) {
    if (told[field] !== now[field]) return 'state';
  }
  const sending = SENDING.has(told.phase) && SENDING.has(now.phase) && now.reason !== undefined;
  if (told.phase !== now.phase && !sending) return 'state';
  return gist(told.reason) === gist(now.reason) ? undefined : 'reason';
}

/** Whether the chunk waits for room in a budget. */
export const isOverBudget = ({ phase }: ChunkState): boolean => phase === 'over budget';
