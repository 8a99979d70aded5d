/** How often one request was paid for too often, by explanation. */
export interface Surplus {
  /** Batches that were created in the named window. */
  inside: number;
  /** Calls of a request that was sent live. The product must have counted as many. */
  calls: number;
  /** Unexplained payments. */
  outside: number;
}

/**
 * Classifies the surplus payments for one request.
 *
 * @param payments for each, whether it was a call, or a batch that is proved to belong to the named window
 */
export function surplusOf(payments: readonly { call: boolean; inside: boolean }[]): Surplus {
  const calls = payments.filter(({ call }) => call).length;
  const late = payments.filter(({ inside }) => inside).length;
  const tooMany = Math.max(0, payments.length - 1);
  const inside = Math.min(tooMany, late);
  // A batch that is paid for in addition to another one is not caused by a call, whichever came first.
  const ofCalls = Math.min(tooMany - inside, calls);
  return { inside, calls: ofCalls, outside: tooMany - inside - ofCalls };
}
