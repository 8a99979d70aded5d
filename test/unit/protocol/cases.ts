import type { Fault } from './faults';
import { PRODUCT, type Rules } from './rules';
import { TIMES, ticks } from './state';

/** The bounds of an exploration, which visits everything that they allow. */
export interface Case {
  rules: Rules;
  /** Rounds with equal numbers of requests, bought at once in one workspace by different chunks or jobs. */
  rounds: number;
  /** The faults that may happen. */
  faults: readonly Fault[];
  /** The total number of faults. */
  most: number;
  /** Batches of another tool, each with the same number of requests. */
  strangers: number;
  /** They appear only when no commit's own batch can come to exist any more, and never end. */
  endless: boolean;
  grace: number | null;
  /** The server keeps a stalled upload open forever, longer than the protocol assumes. */
  keepsStalled: boolean;
  /**
   * By how many ticks the clock in the API's replies is ahead of the times of its batches. Negative: behind.
   * The workers' clocks are right.
   */
  clock: number;
  /** The ticks for which the list may lack an existing batch. */
  lag: number;
  /** The API creates the batch of a request with a lost answer only after the round has another batch. */
  tarries: boolean;
  list: List;
  /** The maximum number of batches created in time for which a round may be paid. */
  worst: number;
}

export type List =
  /** It shows the batches that this key creates, and the store has records of some. */
  | 'shows ours'
  /** The same, and the store has records of none. */
  | 'shows none known'
  /** It never shows a batch that this key creates. */
  | 'shows nothing'
  /** It shows batches that this key creates, but never those of these rounds. */
  | 'loses ours';

export const CASE: Case = {
  rules: PRODUCT,
  rounds: 1,
  faults: [],
  most: 0,
  strangers: 0,
  endless: false,
  grace: TIMES.grace,
  keepsStalled: false,
  clock: 0,
  lag: ticks(TIMES.lag),
  tarries: false,
  list: 'shows ours',
  worst: 1,
};
