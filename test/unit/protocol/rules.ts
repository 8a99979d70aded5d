import {
  afterLook,
  afterRelease,
  candidateWindow,
  isCandidate,
  lookedEnough,
  ownerOf,
} from '../../../src/job/protocol/search';
import {
  type AttemptLedger,
  decideRound,
  isOrphan,
  mayPresumeLost,
  type RoundDecision,
} from '../../../src/job/protocol/submission';

/** The model's rounds are batches: none goes live. */
type DecideBatch = (attempts: readonly AttemptLedger[]) => Exclude<RoundDecision, { kind: 'live' }>;

export const decideBatch = decideRound as DecideBatch;

/**
 * What the protocol decides by. A test breaks one rule at a time, to show that the exploration finds what the rule is there
 * to prevent.
 */
export interface Rules {
  decideRound: DecideBatch;
  mayPresumeLost: typeof mayPresumeLost;
  isOrphan: typeof isOrphan;
  candidateWindow: typeof candidateWindow;
  isCandidate: typeof isCandidate;
  ownerOf: typeof ownerOf;
  lookedEnough: typeof lookedEnough;
  afterLook: typeof afterLook;
  afterRelease: typeof afterRelease;
  /** An attempt that was begun by another is never begun again. */
  intentIsExclusive: boolean;
  /** The tail goes out only behind a `commit` that stands. */
  gate: boolean;
  /** The tail goes out only a moment after the commit was asked for. */
  clocks: boolean;
  /** Only the API's own refusal says that what was sent whole bought nothing. */
  onlyRefusalsRefuse: boolean;
  /** Of an attempt's outcomes the first stands. */
  outcomeIsExclusive: boolean;
  /** The reconciler wins the decision before it says that nothing was bought. */
  overtakesFirst: boolean;
  /** Whoever was asked to send before the chunk was closed begins no attempt any more. */
  closingStands: boolean;
  /** A look that failed is none. */
  failedLookIsNone: boolean;
  /** What a canceled job cancels is proved its own. */
  cancelsOnlyProved: boolean;
}

/** The product's own functions; what it does in the steps around them is in the moves, and a rule that is `true` is kept there. */
export const PRODUCT: Rules = {
  decideRound: decideBatch,
  mayPresumeLost,
  isOrphan,
  candidateWindow,
  isCandidate,
  ownerOf,
  lookedEnough,
  afterLook,
  afterRelease,
  intentIsExclusive: true,
  gate: true,
  clocks: true,
  onlyRefusalsRefuse: true,
  outcomeIsExclusive: true,
  overtakesFirst: true,
  closingStands: true,
  failedLookIsNone: true,
  cancelsOnlyProved: true,
};
