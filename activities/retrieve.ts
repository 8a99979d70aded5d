import { ApplicationFailure } from '@temporalio/common';
import type { Batch } from '../src/anthropic/api';
import { toApplicationFailure } from '../src/anthropic/errors';
import { ResultsCheck, ResultsCut, ResultsInvalid } from '../src/anthropic/results-check';
import { FAILURE } from '../src/job/failure';
import type { ChunkRef, Retrieved, RetrieveInput } from '../src/job/steps';
import { attemptState } from '../src/job/submission';
import { lines } from '../src/lines/split';
import { keys } from '../src/store/keys';
import { RoundLedger } from '../src/store/ledger';
import { orphanResults } from '../src/store/orphans';
import { type Store, StoreError } from '../src/store/store';
import { onJob } from './context';
import type { ActivityDeps } from './deps';
import type { Heavy } from './heavy';
import type { FaultPoints } from './points';
import { selectionText } from './requests';
import { storedRow } from './stored-row';

/**
 * Streams an ended batch's results into the store as they are, counts them against what the batch says of itself, and
 * writes which requests the next round sends.
 */
export function createRetrieve(deps: ActivityDeps, heavy: Heavy) {
  return async function anthropicRetrieve(input: RetrieveInput): Promise<Retrieved> {
    return onJob(deps, input.job, (signal) => heavy(() => retrieve(deps, input, signal), signal));
  };
}

async function retrieve(deps: ActivityDeps, input: RetrieveInput, signal: AbortSignal): Promise<Retrieved> {
  const { job, chunk, round } = input;
  const batch = await endedBatch(deps, input.batch);
  const attempts = await new RoundLedger(deps.store, input).read();
  const nonce = attempts.find((entry) => attemptState(entry) === 'ours')?.intent?.nonce;
  if (nonce === undefined)
    throw new Error(`The ledger of round ${round} of chunk ${chunk} does not know ${batch.id}.`);

  const check = new ResultsCheck(batch, nonce);
  try {
    const bytes = await deps.anthropic().results(batch, signal);
    await deps.store.put(keys.rawResults(job, chunk, round), watched(check.through(bytes), deps.points));
  } catch (error) {
    throw resultsFailure(error);
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

/** Ordinals that orphans of the chunk have answered: what is paid for is not bought again. */
async function answeredByOrphans(store: Store, ref: ChunkRef): Promise<ReadonlySet<number>> {
  const answered = new Set<number>();
  for await (const { key } of orphanResults(store, ref)) {
    for await (const batch of lines(await store.open(key))) {
      for (const { bytes } of batch) {
        const { ordinal, succeeded } = storedRow(bytes, key);
        if (succeeded) answered.add(ordinal);
      }
    }
  }
  return answered;
}

async function endedBatch(deps: ActivityDeps, id: string): Promise<Batch> {
  let batch: Batch;
  try {
    batch = await deps.anthropic().retrieve(id);
  } catch (error) {
    throw toApplicationFailure(error);
  }
  if (batch.status !== 'ended') {
    throw ApplicationFailure.create({
      type: FAILURE.notEnded,
      message: `The batch ${id} has not ended yet.`,
    });
  }
  if (batch.archivedAt !== null) {
    throw ApplicationFailure.nonRetryable(
      `The results of the batch ${id} are gone: it was archived at ${batch.archivedAt.toISOString()}, 29 days after its creation.`,
      FAILURE.resultsGone,
    );
  }
  return batch;
}

function resultsFailure(error: unknown): unknown {
  if (error instanceof ResultsInvalid) {
    return ApplicationFailure.nonRetryable(error.message, FAILURE.resultsInvalid);
  }
  if (error instanceof ResultsCut) {
    return ApplicationFailure.create({ type: FAILURE.resultsCut, message: error.message });
  }
  return error instanceof StoreError ? error : toApplicationFailure(error);
}
