import type Anthropic from '@anthropic-ai/sdk';
import type { ApiVersion } from '../auth';
import { fraction, seedOf } from '../hash';
import type { SimulatedOutcome } from './outcomes';

/** The stored record of a batch. Everything else follows from it and the time. Times are in milliseconds. */
export interface BatchRecord {
  id: string;
  /** Batches are numbered from 0 in the order of their creation. */
  number: number;
  workspace: string;
  version: ApiVersion;
  createdAt: number;
  size: number;
  /** Bytes of the request's body. */
  bytes: number;
  /** Time from its creation to its natural end. */
  duration: number;
  canceledAt?: number;
  /** Time from the cancellation to its end. */
  cancelDuration?: number;
  /** Fraction of the requests unfinished at the cancellation that still finish. */
  cancelFinishes?: number;
  deletedAt?: number;
  /** Some request's outcome depends on how often its params were sent. */
  counted: boolean;
}

const HOUR = 3_600_000;
const EXPIRES_AFTER = 24 * HOUR;
const ARCHIVED_AFTER = 29 * 24 * HOUR;

/** Returns when the batch ends or ended. */
function endOf(batch: BatchRecord): number {
  const natural = batch.createdAt + Math.min(batch.duration, EXPIRES_AFTER);
  if (batch.canceledAt === undefined) return natural;
  return Math.min(natural, batch.canceledAt + (batch.cancelDuration ?? 0));
}

export const hasEnded = (batch: BatchRecord, now: number): boolean => now >= endOf(batch);

export const isArchived = (batch: BatchRecord, now: number): boolean =>
  now >= batch.createdAt + ARCHIVED_AFTER;

/**
 * Returns the outcome of each request of an ended batch. Requests finish one after another over the batch's
 * duration, in an order of their own. At a cancellation, all but a few unfinished ones are canceled; at
 * expiry, they expire.
 */
export function fates(batch: BatchRecord): (index: number, planned: SimulatedOutcome) => SimulatedOutcome {
  const seed = seedOf(batch.id);
  const finishesAt = (index: number) => batch.createdAt + fraction(seed, index) * batch.duration;
  const finishes = batch.cancelFinishes ?? 0;
  return (index, planned) => {
    if (planned === 'expired' || planned === 'canceled') return planned;
    const at = finishesAt(index);
    if (batch.canceledAt !== undefined && at > batch.canceledAt) {
      return fraction(seed ^ 0x5bd1e995, index) < finishes ? planned : 'canceled';
    }
    return batch.duration > EXPIRES_AFTER && at > batch.createdAt + EXPIRES_AFTER ? 'expired' : planned;
  };
}

const iso = (time: number) => new Date(time).toISOString();

/** Returns the batch as the API shows it. `counts` is called only if the batch has ended. */
export function toMessageBatch(
  batch: BatchRecord,
  now: number,
  url: string,
  counts: () => Anthropic.Messages.MessageBatchRequestCounts,
): Anthropic.Messages.MessageBatch {
  const ended = hasEnded(batch, now);
  const archived = isArchived(batch, now);
  return {
    id: batch.id,
    type: 'message_batch',
    processing_status: ended ? 'ended' : batch.canceledAt === undefined ? 'in_progress' : 'canceling',
    request_counts: ended
      ? counts()
      : { processing: batch.size, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
    created_at: iso(batch.createdAt),
    expires_at: iso(batch.createdAt + EXPIRES_AFTER),
    ended_at: ended ? iso(endOf(batch)) : null,
    cancel_initiated_at: batch.canceledAt === undefined ? null : iso(batch.canceledAt),
    archived_at: archived ? iso(batch.createdAt + ARCHIVED_AFTER) : null,
    results_url: ended && !archived ? `${url}/v1/messages/batches/${batch.id}/results` : null,
  } satisfies Anthropic.Messages.MessageBatch;
}
