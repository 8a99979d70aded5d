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

/** A batch as it was sent. */
interface SentBatch {
  batch: string;
  owed(): OwedRows;
}

/** Where a job's results come from: batches that it buys, or one that another tool made. */
export interface Origin {
  /** Whether requests that the API canceled were canceled by the job. */
  readonly cancels: boolean;
  /** Returns the batch of a round, and a function that creates a new record of the rows that it must have. */
  sent(store: Store, round: RetrieveInput): Promise<SentBatch>;
  /** Finds the rows of a chunk's documents. */
  join(ref: ChunkRef, joining: Joining): Promise<JoinedRows>;
}

const OWN: Origin = {
  cancels: true,
  sent: sentRows,
  join: (ref, joining) => RowIndex.build(ref, joining),
};

const adopted = (batch: string): Origin => ({
  cancels: false,
  sent: async () => ({ batch, owed: () => new ForeignRows() }),
  join: (ref, joining) => AdoptedRows.build(ref, batch, joining),
});

export const originOf = ({ source }: NormalizedSpec): Origin =>
  source.kind === 'adopt' ? adopted(source.batch) : OWN;

/** Replaces the batch id of a round that was sent live. Its results are already in the store. */
const NO_BATCH = 'none, sent live';

async function sentRows(store: Store, input: RetrieveInput): Promise<SentBatch> {
  const { batch = NO_BATCH } = input;
  const attempts = await new RoundLedger(store, input).read();
  const decision = decideRound(attempts);
  const bought = boughtAttempt(attempts);
  const intent = decision.kind === 'live' ? decision.intent : bought?.intent;
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
  return { batch: bought?.outcome.batch ?? batch, owed: () => new SentRows(intent.nonce, sent) };
}
