import { submissionTimes } from '../../src/job/protocol/submission';

const seconds = (n: number) => n * 1_000;

/**
 * The workers' grace period. Short enough that attempts are presumed lost and freezes exceed it; long enough
 * that a busy machine meets the protocol's assumptions.
 */
export const GRACE = seconds(15);

export const TIMES = submissionTimes(GRACE);

/** The simulator's limits, each below what the protocol assumes of the API. */
export const API = {
  stallTimeout: TIMES.stall * 0.8,
  /**
   * For a simulator that violates the assumption: it keeps a stalled upload open, which opens the named
   * window.
   */
  laxStallTimeout: seconds(600),
  listLag: TIMES.lag * 0.6,
  delayBefore: TIMES.existence * 0.3,
  delayAfter: seconds(3),
  longestBatch: seconds(7),
  /** In either direction, within the margin between two clocks. */
  clockStep: TIMES.margin * 0.2,
};

/**
 * A job that has not ended this long after the last fault is stuck. A second and a third attempt are presumed
 * lost after 4 and 16 grace periods.
 */
export const STUCK_AFTER = seconds(240) + 20 * GRACE;
