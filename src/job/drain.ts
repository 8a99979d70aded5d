/** The most that a machine holds of what has left a process: the largest send buffer that Linux gives by default. */
export const SEND_BUFFER = 4 * 1024 * 1024;

/** How far a body had left its process when. */
export interface Departure {
  /** In milliseconds of any clock. */
  at: number;
  /** Bytes that had left. */
  left: number;
}

/**
 * Milliseconds in which the machine sends what it may still hold of a body that has left its process, by the rate at which it left.
 *
 * @param from when the first burst was over, which fills the machine's buffers at once
 * @param most the longest that is waited
 */
export function drainPause(from: Departure, to: Departure, most: number): number {
  const rate = (to.left - from.left) / Math.max(1, to.at - from.at);
  return rate > 0 ? Math.min(most, Math.min(to.left, SEND_BUFFER) / rate) : 0;
}
