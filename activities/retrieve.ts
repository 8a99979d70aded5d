import type { Batch } from '../src/anthropic/api';
import { ForeignRows } from '../src/anthropic/foreign-rows';
import { ResultsCheck } from '../src/anthropic/results-check';
import { ResultsCut, ResultsInvalid } from '../src/anthropic/results-errors';
import { type OwedRows, SentRows } from '../src/anthropic/sent-rows';
import { FAILURE } from '../src/job/failure';
import type { Retrieved, RetrieveInput } from '../src/job/steps';
import { boughtAttempt, decideRound } from '../src/job/submission';
import { keys } from '../src/store/keys';
import { RoundLedger } from '../src/store/ledger';
import type { Store } from '../src/store/store';
import { abortable, jobSpec, onJob } from './context';
import type { ActivityDeps } from './deps';
import { StepError } from './failure';
import type { Heavy } from './heavy';
import { answeredByOrphans } from './orphan-answers';
import type { FaultPoints } from './points';
import { readSentBy, selectNext } from './requests';

/**
 * Streams an ended batch's results into the store as they are, counts them against what the batch says of itself, and
 * writes which requests the next round sends.
 */
export function createRetrieve(deps: ActivityDeps, heavy: Heavy) {
  return async function anthropicRetrieve(input: RetrieveInput): Promise<Retrieved> {
    return onJob(deps, input, (signal) => heavy(() => retrieve(deps, input, signal), signal));
  };
}

async function retrieve(deps: ActivityDeps, input: RetrieveInput, signal: AbortSignal): Promise<Retrieved> {
  const owed = await owedRows(deps.store, input);
  const home = await deps.store.head(keys.rawResults(input.job, input.chunk, input.round));
  const check = await (home ? reread(deps, input, owed, signal) : fetched(deps, input, owed, signal));

  const answered = await answeredByOrphans(deps.store, input);
  const open = (ordinals: number[]) => ordinals.filter((ordinal) => !answered.has(ordinal));
  const unpaid = open(check.unpaid());
  const again = input.retry ? open(check.transient()) : input.unpaid ? unpaid : [];
  const outstanding = await selectNext(deps.store, input, again);
  if (outstanding > 0) deps.points?.reach('retrieve/selection-written');
  const { rows, succeeded } = check;
  return { rows, succeeded, outstanding, unpaid: unpaid.length };
}

/** Results that came home before, as after a Reset or a death: the API may not have them any more. */
async function reread(
  { store }: ActivityDeps,
  { job, chunk, round, batch = NONE }: RetrieveInput,
  owed: OwedRows,
  signal: AbortSignal,
): Promise<ResultsCheck> {
  const check = new ResultsCheck({ id: batch }, owed);
  const bytes = abortable(await store.open(keys.rawResults(job, chunk, round)), signal);
  try {
    for await (const _ of check.through(bytes));
  } catch (error) {
    throw resultsFailure(error, { id: batch });
  }
  return check;
}

/** What stands for the batch of a round that was sent one by one: its results are in the store before anybody asks. */
const NONE = 'none, sent one by one';

async function fetched(
  deps: ActivityDeps,
  { job, chunk, round, batch: id = NONE }: RetrieveInput,
  owed: OwedRows,
  signal: AbortSignal,
): Promise<ResultsCheck> {
  const batch = await endedBatch(deps, id);
  const check = new ResultsCheck(batch, owed);
  try {
    const bytes = await deps.anthropic().results(batch, signal);
    await deps.store.put(keys.rawResults(job, chunk, round), watched(check.through(bytes), deps.points));
  } catch (error) {
    throw resultsFailure(error, batch);
  }
  deps.points?.reach('retrieve/results-written');
  return check;
}

async function* watched(
  pieces: AsyncIterable<Uint8Array>,
  points: FaultPoints | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    points?.reach('retrieve/streaming');
    yield piece;
  }
}

async function owedRows(store: Store, input: RetrieveInput): Promise<OwedRows> {
  const { source } = await jobSpec(store, input.job);
  const { batch = NONE } = input;
  if (source.kind === 'adopt') return new ForeignRows(batch);
  const attempts = await new RoundLedger(store, input).read();
  const decision = decideRound(attempts);
  const intent = decision.kind === 'one by one' ? decision.intent : boughtAttempt(attempts)?.intent;
  if (intent === undefined) {
    throw new StepError(
      FAILURE.ledgerMissing,
      `The ledger of round ${input.round} of chunk ${input.chunk} does not know the batch ${batch}: files of the job were ` +
        `removed from the store ${store.location}. "anthropic-batch adopt ${batch}" brings its results into a job of their own.`,
      { final: true },
    );
  }
  return new SentRows(batch, intent.nonce, await readSentBy(store, input, intent));
}

async function endedBatch(deps: ActivityDeps, id: string): Promise<Batch> {
  const batch = await deps.anthropic().retrieve(id);
  if (batch.status !== 'ended') {
    throw new StepError(FAILURE.notEnded, `The batch ${id} has not ended yet.`);
  }
  assertNotArchived(batch);
  return batch;
}

/** @throws a final `anthropic.ResultsGone` for a batch whose results the API does not have any more. */
export function assertNotArchived({ id, archivedAt }: Batch): void {
  if (archivedAt === null) return;
  throw new StepError(
    FAILURE.resultsGone,
    `The results of the batch ${id} are gone: it was archived at ${archivedAt.toISOString()}, 29 days after its creation.`,
    { final: true },
  );
}

function resultsFailure(error: unknown, { id }: Pick<Batch, 'id'>): unknown {
  if (error instanceof ResultsInvalid) {
    // Its message quotes a custom_id, which in a batch of another tool may be anything.
    return new StepError(FAILURE.resultsInvalid, error.message, {
      publicMessage: `The results of the batch ${id} are not those of the requests that were sent.`,
      final: true,
    });
  }
  return error instanceof ResultsCut ? new StepError(FAILURE.resultsCut, error.message) : error;
}
