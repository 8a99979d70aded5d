/** What a job, or a part of one, sent live instead of in batches. */
export interface LiveCounts {
  /** Requests that were sent live, at full price; absent where there are none. */
  live?: number;
  /**
   * Times that a request was sent again although its answer was lost: a call has no key by which the API would know it again, so each may
   * have been paid for twice. Absent where there are none.
   */
  maybePaidTwice?: number;
}

export function addLiveCounts(a: LiveCounts, b: LiveCounts): LiveCounts {
  const sum = (field: keyof LiveCounts) => (a[field] ?? 0) + (b[field] ?? 0) || undefined;
  return { live: sum('live'), maybePaidTwice: sum('maybePaidTwice') };
}

/** Why requests go live. */
export const whyLive = (liveBelow: number): string =>
  `sent live, at full price, because fewer than ${liveBelow} (liveBelow) are to be sent`;
