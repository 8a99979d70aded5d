import { assertDistinctIds, DuplicateIdError } from '../../src/input/distinct-ids';
import { inUnitOf } from '../../src/input/documents';
import type { CheckIdsInput } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { type Line, lines } from '../../src/lines/split';
import { chunkFiles, findPlannedChunk } from '../../src/records/planned-chunk';
import type { Limit } from '../runtime/concurrency-limit';
import { jobSpec, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';

/**
 * Checks that no two documents of a job have the same id, in constant memory.
 *
 * @throws ApplicationFailure `anthropic.DuplicateId`, which names both lines; the message in the store names
 *   the id
 */
export function createCheckIds(deps: ActivityDeps, heavy: Limit) {
  return async function anthropicCheckIds(input: CheckIdsInput): Promise<void> {
    return onJob(deps, input, (signal) => heavy(() => checkIds(deps, input, signal), signal));
  };
}

async function checkIds(deps: ActivityDeps, input: CheckIdsInput, signal: AbortSignal): Promise<void> {
  try {
    await assertDistinctIds(() => documentLines(deps, input, signal));
  } catch (error) {
    if (!(error instanceof DuplicateIdError)) throw error;
    const { source } = await jobSpec(deps.store, input.job);
    const { message, publicMessage } = inUnitOf(source, error);
    throw new StepError(FAILURE.duplicateId, message, { publicMessage, final: true });
  }
}

async function* documentLines(
  { store }: ActivityDeps,
  { job, chunks }: CheckIdsInput,
  signal: AbortSignal,
): AsyncGenerator<Line[]> {
  for (let chunk = 0; chunk < chunks; chunk++) {
    // The documents of an adopted batch are its rows, one for each distinct `custom_id`.
    if ((await findPlannedChunk(store, { job, chunk }))?.plan.adopted) continue;
    const { documents } = await chunkFiles(store, { job, chunk });
    for await (const batch of lines(await store.open(documents))) {
      signal.throwIfAborted();
      yield batch;
    }
  }
}
