/** What a job, or a part of one, sent one by one instead of in batches. */
export interface LiveCounts {
  /** Requests that were sent one by one, at full price; absent where there are none. */
  oneByOne?: number;
  /**
   * Times that a request was sent again although its answer was lost: a call has no key by which the API would know it again, so each may
   * have been paid for twice. Absent where there are none.
   */
  maybePaidTwice?: number;
}

export function addLiveCounts(a: LiveCounts, b: LiveCounts): LiveCounts {
  const sum = (field: keyof LiveCounts) => (a[field] ?? 0) + (b[field] ?? 0) || undefined;
  return { oneByOne: sum('oneByOne'), maybePaidTwice: sum('maybePaidTwice') };
}

/** Why requests go one by one. */
export const whyLive = (syncBelow: number): string =>
  `sent one by one, at full price, because fewer than ${syncBelow} (syncBelow) are to be sent`;
