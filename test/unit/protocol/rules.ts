import {
  afterRelease,
  afterSearch,
  candidateWindow,
  isCandidate,
  ownerOf,
  searchedEnough,
} from '../../../src/job/protocol/search';
import {
  type AttemptLedger,
  decideRound,
  isOrphan,
  mayPresumeLost,
  type RoundDecision,
} from '../../../src/job/protocol/submission';

/** The model's rounds are batches. None is sent live. */
type DecideBatch = (attempts: readonly AttemptLedger[]) => Exclude<RoundDecision, { kind: 'live' }>;

export const decideBatch = decideRound as DecideBatch;

/**
 * The rules of the protocol. A test breaks one rule at a time, to show that the exploration finds what the
 * rule prevents.
 */
export interface Rules {
  decideRound: DecideBatch;
  mayPresumeLost: typeof mayPresumeLost;
  isOrphan: typeof isOrphan;
  candidateWindow: typeof candidateWindow;
  isCandidate: typeof isCandidate;
  /** From when the end of the window counts, by the API's clock and the worker's, in milliseconds. */
  latest: (apiTime: number, workerTime: number) => number;
  ownerOf: typeof ownerOf;
  searchedEnough: typeof searchedEnough;
  afterSearch: typeof afterSearch;
  afterRelease: typeof afterRelease;
  /** An attempt that another process began is never begun again. */
  intentIsExclusive: boolean;
  /** The tail is sent only after a recorded `commit`. */
  gate: boolean;
  /** The tail is sent only within a moment after the commit was requested. */
  clocks: boolean;
  /** Only the API's own refusal proves that a fully sent request bought nothing. */
  onlyRefusalsRefuse: boolean;
  /** The first outcome of an attempt is final. */
  outcomeIsExclusive: boolean;
  /** The reconciler wins the decision before it reports that nothing was bought. */
  overtakesFirst: boolean;
  /** A sender that was requested before the chunk was closed begins no attempt. */
  closingStands: boolean;
  /** A failed search does not count. */
  failedSearchIsNone: boolean;
  /** A canceled job cancels only batches that are proved to be its own. */
  cancelsOnlyProved: boolean;
}

/**
 * The product's own functions. The moves model the steps around them, and apply the rules that are `true`.
 */
export const PRODUCT: Rules = {
  decideRound: decideBatch,
  mayPresumeLost,
  isOrphan,
  candidateWindow,
  isCandidate,
  latest: Math.max,
  ownerOf,
  searchedEnough,
  afterSearch,
  afterRelease,
  intentIsExclusive: true,
  gate: true,
  clocks: true,
  onlyRefusalsRefuse: true,
  outcomeIsExclusive: true,
  overtakesFirst: true,
  closingStands: true,
  failedSearchIsNone: true,
  cancelsOnlyProved: true,
};
