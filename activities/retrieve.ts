import type { Batch } from '../src/anthropic/api';
import { ForeignRows } from '../src/anthropic/foreign-rows';
import { ResultsCheck } from '../src/anthropic/results-check';
import { ResultsCut, ResultsInvalid } from '../src/anthropic/results-errors';
import { type OwedRows, SentRows } from '../src/anthropic/sent-rows';
import { FAILURE } from '../src/job/failure';
import type { Retrieved, RetrieveInput } from '../src/job/steps';
import { attemptState } from '../src/job/submission';
import { keys } from '../src/store/keys';
import { RoundLedger } from '../src/store/ledger';
import type { Store } from '../src/store/store';
import { jobSpec, onJob } from './context';
import type { ActivityDeps } from './deps';
import { StepError } from './failure';
import type { Heavy } from './heavy';
import { answeredByOrphans } from './orphan-answers';
import type { FaultPoints } from './points';
import { readSent, selectionText } from './requests';

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
  const { job, chunk, round } = input;
  const batch = await endedBatch(deps, input.batch);
  const check = new ResultsCheck(batch, await owedRows(deps.store, input));
  try {
    const bytes = await deps.anthropic().results(batch, signal);
    await deps.store.put(keys.rawResults(job, chunk, round), watched(check.through(bytes), deps.points));
  } catch (error) {
    throw resultsFailure(error, batch);
  }
  deps.points?.reach('retrieve/results-written');

  const answered = await answeredByOrphans(deps.store, input);
  const open = (ordinals: number[]) => ordinals.filter((ordinal) => !answered.has(ordinal));
  const unpaid = open(check.unpaid());
  const outstanding = input.retry ? open(check.transient()) : input.unpaid ? unpaid : [];
  if (outstanding.length > 0) {
    await deps.store.put(keys.selection(job, chunk, round + 1), selectionText(outstanding));
    deps.points?.reach('retrieve/selection-written');
  }
  const { rows, succeeded } = check;
  return { rows, succeeded, outstanding: outstanding.length, unpaid: unpaid.length };
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
  if (source.kind === 'adopt') return new ForeignRows(input.batch);
  const attempts = await new RoundLedger(store, input).read();
  const nonce = attempts.find((entry) => attemptState(entry) === 'ours')?.intent?.nonce;
  if (nonce === undefined) {
    throw new StepError(
      FAILURE.ledgerMissing,
      `The ledger of round ${input.round} of chunk ${input.chunk} does not know the batch ${input.batch}: files of the job were ` +
        `removed from the store ${store.location}. "anthropic-batch adopt ${input.batch}" brings its results into a job of their own.`,
      { final: true },
    );
  }
  return new SentRows(input.batch, nonce, await readSent(store, input));
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

function resultsFailure(error: unknown, { id }: Batch): unknown {
  if (error instanceof ResultsInvalid) {
    // Its message quotes a custom_id, which in a batch of another tool may be anything.
    return new StepError(FAILURE.resultsInvalid, error.message, {
      publicMessage: `The results of the batch ${id} are not those of the requests that were sent.`,
      final: true,
    });
  }
  return error instanceof ResultsCut ? new StepError(FAILURE.resultsCut, error.message) : error;
}
