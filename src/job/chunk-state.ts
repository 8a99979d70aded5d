/** Where a chunk is on its way; what its workflow tells the job's and shows in the UI. */
export type ChunkPhase =
  | 'waiting'
  | 'paused'
  | 'submitting'
  | 'looking'
  | 'held'
  | 'in progress'
  | 'retrieving'
  | 'backing off'
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
}

export function newChunkState(chunk: number, requests: number): ChunkState {
  return { chunk, phase: 'waiting', requests, round: 0 };
}
