import { ForeignRows, type OwedRows, SentRows } from '../../src/anthropic/owed-rows';
import type { ChunkRef, RetrieveInput } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { boughtAttempt, decideRound } from '../../src/job/protocol/submission';
import { roundName } from '../../src/job/round-name';
import type { NormalizedSpec } from '../../src/job-spec/spec';
import { RoundLedger } from '../../src/records/ledger';
import type { Store } from '../../src/store/store';
import { StepError } from '../runtime/failure';
import { readSent } from '../runtime/requests';
import { AdoptedRows } from './adopted-rows';
import { type Joining, RowIndex } from './row-index';

/** The rows of a chunk's documents. */
export type JoinedRows = Pick<
  RowIndex,
  'find' | 'documents' | 'batches' | 'results' | 'rounds' | 'live' | 'maybePaidTwice' | 'orphans'
>;

/** Where a job's results come from: batches that it buys, or one that another tool made. */
export interface Origin {
  /** Whether requests that the API canceled were canceled by the job. */
  readonly cancels: boolean;
  /** Returns a function that creates a new record of the rows that a round must have. */
  owed(store: Store, round: RetrieveInput): Promise<() => OwedRows>;
  /** Finds the rows of a chunk's documents. */
  join(ref: ChunkRef, joining: Joining): Promise<JoinedRows>;
}

const OWN: Origin = {
  cancels: true,
  owed: sentRows,
  join: (ref, joining) => RowIndex.build(ref, joining),
};

const adopted = (batch: string): Origin => ({
  cancels: false,
  owed: async () => () => new ForeignRows(),
  join: (ref, joining) => AdoptedRows.build(ref, batch, joining),
});

export const originOf = ({ source }: NormalizedSpec): Origin =>
  source.kind === 'adopt' ? adopted(source.batch) : OWN;

/** Replaces the batch id of a round that was sent live. Its results are already in the store. */
export const NO_BATCH = 'none, sent live';

async function sentRows(store: Store, input: RetrieveInput): Promise<() => OwedRows> {
  const { batch = NO_BATCH } = input;
  const attempts = await new RoundLedger(store, input).read();
  const decision = decideRound(attempts);
  const intent = decision.kind === 'live' ? decision.intent : boughtAttempt(attempts)?.intent;
  if (intent === undefined) {
    throw new StepError(
      FAILURE.ledgerMissing,
      `The ledger of ${roundName(input.round)} of chunk ${input.chunk} does not have the batch ${batch}: ` +
        `files of the job were removed from the store ${store.location}. ` +
        `"anthropic-batch adopt ${batch}" takes its results into a job of their own.`,
      { final: true },
    );
  }
  const sent = await readSent(store, input);
  return () => new SentRows(intent.nonce, sent);
}
