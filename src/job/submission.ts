/**
 * Times of the submission protocol, in milliseconds. `grace` must be longer than `stall + existence + lag`: within it every
 * batch that a lost answer can have bought has come to exist and shows in the list.
 */
export interface SubmissionTimes {
  /** Heartbeat timeout of the activity that sends. */
  heartbeat: number;
  /** At most so long between asking for the gate and yielding the last bytes. */
  gate: number;
  /** Margin between two clocks. */
  margin: number;
  /** The server drops an upload that stalls for so long. */
  stall: number;
  /** Longest time from the last byte sent until the batch exists. */
  existence: number;
  /** How far the list of batches may lag behind. */
  lag: number;
  /** How long a commit without an answer is looked for before it is presumed void; `null` presumes nothing ever. */
  grace: number | null;
}

const minutes = (n: number) => n * 60_000;

export const DEFAULT_GRACE = minutes(30);

/** The times that belong to a grace: the defaults, or all of them in the same proportion. */
export function submissionTimes(grace: number | null = DEFAULT_GRACE): SubmissionTimes {
  const scale = grace === null ? 1 : grace / DEFAULT_GRACE;
  return {
    // How soon a death is noticed has no part in the proof, so it is never scaled below what a busy machine keeps up with.
    heartbeat: Math.max(5_000, Math.round(30_000 * Math.min(1, scale))),
    gate: 10_000 * scale,
    margin: minutes(5) * scale,
    stall: minutes(10) * scale,
    existence: minutes(10) * scale,
    lag: minutes(5) * scale,
    grace,
  };
}
