import type { Cost } from '../cost/cost';
import { isCount } from '../cost/prices/count';
import type { BatchInFlight, JobRef, JobState } from './job';
import { nextPoll, type PollTimes } from './poll';
import { isSameReason, readReason, type WaitReason } from './reason';

const PHASES = [
  'waiting',
  'paused',
  'submitting',
  'sending live',
  'searching',
  'held',
  'in progress',
  'retrieving',
  'backing off',
  'over budget',
  'canceling',
] as const;

/** The phase of a chunk, which its workflow reports to the job and shows in the UI. */
export type ChunkPhase = (typeof PHASES)[number];

export interface ChunkState {
  chunk: number;
  phase: ChunkPhase;
  requests: number;
  round: number;
  /** Batches bought for the chunk so far, or the one that it adopts. */
  batches: number;
  /** The batch in flight. */
  batch?: string;
  /** When the batch was bought, in milliseconds of workflow time. Determines the poll schedule. */
  since?: number;
  /** Why the chunk waits, if the reason is unusual. */
  reason?: WaitReason;
  /** Ids of batches that were bought although they had been presumed lost. */
  orphaned?: string[];
  /** Cost of the chunk's answers, once it is closed. */
  cost?: Cost;
}

/**
 * Returns the state of a job with these running chunks: held or paused as soon as one of them waits for a
 * person.
 */
export function stateWith(state: JobState, chunks: readonly Pick<ChunkState, 'phase'>[]): JobState {
  if (state !== 'running') return state;
  const waits = (phase: ChunkPhase) => chunks.some((chunk) => chunk.phase === phase);
  if (waits('held')) return 'held';
  return waits('paused') ? 'paused' : state;
}

/** The memo of a chunk's workflow. */
export interface ChunkMemo {
  job: JobRef;
  state: ChunkState;
}

export function newChunkState(chunk: number, requests: number): ChunkState {
  return { chunk, phase: 'waiting', requests, round: 0, batches: 0 };
}

/**
 * Reads a signal that claims to come from a chunk. Returns `undefined` if it is malformed: anyone with access
 * to the namespace can send one. Omits fields that the job does not show.
 */
export function readChunkState(value: unknown): ChunkState | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { chunk, phase, requests, round, batches, batch, since, reason: told } = value as ChunkState;
  if (![chunk, requests, round, batches].every(isCount) || !PHASES.includes(phase)) return undefined;
  if (since !== undefined && (!isCount(since) || since > LATEST)) return undefined;
  if (batch !== undefined && typeof batch !== 'string') return undefined;
  const reason = readReason(told);
  if (reason === undefined && told !== undefined) return undefined;
  return { chunk, phase, requests, round, batches, batch, since, reason };
}

/** Milliseconds. Far in the future, and still a valid date after any pause is added. */
const LATEST = 8_000_000_000_000_000;

/** Returns when a chunk's batch is polled next, in milliseconds; `undefined` if none is in flight. */
export function nextPollOf(state: ChunkState, now: number, times: PollTimes): number | undefined {
  return state.phase === 'in progress' && state.since !== undefined
    ? nextPoll(state.since, now, times)
    : undefined;
}

/** Returns the chunk's batch in flight. */
export function inFlightOf({
  phase,
  batch,
  chunk,
  round,
  requests,
  since,
}: ChunkState): BatchInFlight | undefined {
  if (phase !== 'in progress' || batch === undefined || since === undefined) return undefined;
  return { batch, chunk, round, requests, since: new Date(since).toISOString() };
}

const SENDING: ReadonlySet<ChunkPhase> = new Set([
  'submitting',
  'sending live',
  'backing off',
  'over budget',
]);

/**
 * Returns what is new to a job whose last known state is `told`: another state, another reason for waiting in
 * the same state, or nothing. A retry for a known reason is not news: each message costs the job events, and
 * an outage may be long.
 */
export function news(told: ChunkState | undefined, now: ChunkState): 'state' | 'reason' | undefined {
  if (told === undefined) return 'state';
  for (const field of ['round', 'batch', 'requests', 'since'] as const) {
    if (told[field] !== now[field]) return 'state';
  }
  const sending = SENDING.has(told.phase) && SENDING.has(now.phase) && now.reason !== undefined;
  if (told.phase !== now.phase && !sending) return 'state';
  return isSameReason(told.reason, now.reason) ? undefined : 'reason';
}
