import { submissionTimes } from '../../src/job/protocol/submission';

const seconds = (n: number) => n * 1_000;

/**
 * The grace of the workers, short enough that answers are given up and frozen processes outlast it, and long enough that a busy
 * machine keeps its promises to the protocol.
 */
export const GRACE = seconds(15);

export const TIMES = submissionTimes(GRACE);

/** What the simulator is held to, each below what the protocol assumes of the API. */
export const API = {
  stallTimeout: TIMES.stall * 0.8,
  /** A simulator that breaks its promise: a stalled upload is kept open, and the named window opens with it. */
  laxStallTimeout: seconds(600),
  listLag: TIMES.lag * 0.6,
  delayBefore: TIMES.existence * 0.3,
  delayAfter: seconds(3),
  longestBatch: seconds(7),
  /** In either direction, within the margin between two clocks. */
  clockStep: TIMES.margin * 0.2,
};

/** A job that has not ended so long after the last fault is stuck. A second and a third attempt are presumed lost after 4 and 16 graces. */
export const STUCK_AFTER = seconds(240) + 20 * GRACE;
