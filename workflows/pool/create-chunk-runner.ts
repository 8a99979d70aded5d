import type { Prepared } from '../../src/job/activity-types';
import { SEGMENT_CHUNKS } from '../../src/job/segments';
import { ChunkPool, type ChunkRunner, type PoolOptions } from './chunk-pool';
import { SegmentPool } from './segment-pool';
import type { SetState } from './set-state';

/**
 * Returns the runner for the chunks of a whole set: segments if there are more chunks than one workflow can
 * carry.
 */
export function createChunkRunner(
  set: SetState,
  { settings, times }: Pick<Prepared, 'settings' | 'times'>,
  more: Pick<PoolOptions, 'searchAttributes' | 'show' | 'rebuild'>,
): ChunkRunner {
  const slots = { batches: settings.maxBatchesInFlight, requests: settings.maxRequestsInFlight };
  const requests = set.plans.reduce((sum, plan) => sum + plan.requests, 0);
  const live = requests < (settings.liveBelow ?? 0) || undefined;
  const options = { settings, times, first: 0, slots, live, ...more };
  return set.plans.length > SEGMENT_CHUNKS ? new SegmentPool(set, options) : new ChunkPool(set, options);
}
