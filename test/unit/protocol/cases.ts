import type { Fault } from './faults';
import { PRODUCT, type Rules } from './rules';
import { TIMES } from './state';

/** What is explored: everything that these bounds let happen. */
export interface Case {
  rules: Rules;
  /** Rounds of equally many requests, bought at once in one workspace: of two chunks, or of two jobs. */
  rounds: number;
  /** What may go wrong. */
  faults: readonly Fault[];
  /** How often in all. */
  most: number;
  /** Batches of another tool, each of as many requests. */
  strangers: number;
  /** They come only when no commit's own batch can come to exist any more, and do not end. */
  endless: boolean;
  grace: number | null;
  /** The server keeps a stalled upload open for ever, and not only for as long as the protocol takes it to. */
  keepsStalled: boolean;
}

export const CASE: Case = {
  rules: PRODUCT,
  rounds: 1,
  faults: [],
  most: 0,
  strangers: 0,
  endless: false,
  grace: TIMES.grace,
  keepsStalled: false,
};
