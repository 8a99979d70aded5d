import { parseUsd, usdString } from '../cost/prices/usd';

/** Answers that were or may have been bought, and are lost. */
export interface LostCounts {
  /**
   * Documents without an answer whose request may have been paid for. A retry pays for them again. Unset if
   * there are none.
   */
  lost?: number;
  /** The most that retrying them costs as a batch, in USD as a decimal string. Unset if unknown. */
  retryUsd?: string;
}

export function addLost(a: LostCounts, b: LostCounts): LostCounts {
  if (!a.lost || !b.lost) return pick(a.lost ? a : b);
  const isKnown = a.retryUsd !== undefined && b.retryUsd !== undefined;
  const usd = isKnown ? parseUsd(a.retryUsd!)! + parseUsd(b.retryUsd!)! : undefined;
  return { lost: a.lost + b.lost, retryUsd: usd === undefined ? undefined : usdString(usd) };
}

const pick = ({ lost, retryUsd }: LostCounts): LostCounts => (lost ? { lost, retryUsd } : {});
