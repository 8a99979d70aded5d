/** The most that a machine holds of data that has left a process: Linux's largest default send buffer. */
export const SEND_BUFFER = 4 * 1024 * 1024;

/** How much of a body had left its process at a time. */
export interface Departure {
  /** Milliseconds of any clock. */
  at: number;
  /** Bytes that had left. */
  left: number;
}

/**
 * Returns how many milliseconds the machine needs to send what it may still hold of a body that has left its
 * process, by the rate at which it left.
 *
 * @param from the end of the first burst, which fills the machine's buffers at once
 * @param most the longest pause
 */
export function drainPause(from: Departure, to: Departure, most: number): number {
  const rate = (to.left - from.left) / Math.max(1, to.at - from.at);
  return rate > 0 ? Math.min(most, Math.min(to.left, SEND_BUFFER) / rate) : 0;
}
