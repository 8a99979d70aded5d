/** How often one request was paid for too often, by what explains it. */
export interface Surplus {
  /** Batches that came to exist in the named window. */
  inside: number;
  /** Calls of a request that was sent live: the product must have counted as many. */
  calls: number;
  /** What nothing explains. */
  outside: number;
}

/**
 * Tells the payments for one request apart that are too many.
 *
 * @param payments of each whether it was a call, or a batch that is proved to be of the named window.
 */
export function surplusOf(payments: readonly { call: boolean; inside: boolean }[]): Surplus {
  const calls = payments.filter(({ call }) => call).length;
  const late = payments.filter(({ inside }) => inside).length;
  const tooMany = Math.max(0, payments.length - 1);
  const inside = Math.min(tooMany, late);
  // A batch that is paid for besides another one is no call's fault, whichever of them came first.
  const ofCalls = Math.min(tooMany - inside, calls);
  return { inside, calls: ofCalls, outside: tooMany - inside - ofCalls };
}
