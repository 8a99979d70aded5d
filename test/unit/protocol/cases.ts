import type { Fault } from './faults';
import { PRODUCT, type Rules } from './rules';
import { TIMES, ticks } from './state';

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
  /** For how many ticks the list may lack a batch that exists. */
  lag: number;
  /** The API makes the batch of a request whose answer was lost no sooner than the round has another one. */
  tarries: boolean;
  list: List;
  /** How many batches that are made in time a round may be paid for. */
  worst: number;
}

export type List =
  /** It shows what this key creates, and that the store knows of such batches. */
  | 'shows ours'
  /** The same, and the store knows of none. */
  | 'shows none known'
  /** It shows nothing that this key creates, ever. */
  | 'shows nothing'
  /** It shows what this key creates, but never what these rounds buy. */
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
  lag: ticks(TIMES.lag),
  tarries: false,
  list: 'shows ours',
  worst: 1,
};
