/** What a job, or a part of one, sent live instead of in batches. */
export interface LiveCounts {
  /** Requests that were sent live, at full price. Unset if there are none. */
  live?: number;
  /**
   * How often a request was resent although its answer was lost. The API cannot recognize a repeated call, so
   * each resend may have been paid for twice. Unset if there are none.
   */
  maybePaidTwice?: number;
}

export function addLiveCounts(a: LiveCounts, b: LiveCounts): LiveCounts {
  const sum = (field: keyof LiveCounts) => (a[field] ?? 0) + (b[field] ?? 0) || undefined;
  return { live: sum('live'), maybePaidTwice: sum('maybePaidTwice') };
}

/** Returns why requests are sent live. */
export const whyLive = (liveBelow: number): string =>
  `sent live, at full price, because there are fewer than ${liveBelow} (liveBelow)`;
