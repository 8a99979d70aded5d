import { FAILURE } from '../src/job/failure';
import type { CheckIdsInput } from '../src/job/steps';
import { type Line, lines } from '../src/lines/split';
import { assertDistinctIds, DuplicateIdError } from '../src/spec/distinct-ids';
import { keys } from '../src/store/keys';
import { onJob } from './context';
import type { ActivityDeps } from './deps';
import { StepError } from './failure';
import type { Heavy } from './heavy';

/**
 * Checks that no two documents of a job have the same id, in constant memory.
 *
 * @throws ApplicationFailure `anthropic.DuplicateId`, which names both lines; the id is in the message that the store keeps.
 */
export function createCheckIds(deps: ActivityDeps, heavy: Heavy) {
  return async function anthropicCheckIds(input: CheckIdsInput): Promise<void> {
    return onJob(deps, input, (signal) => heavy(() => checkIds(deps, input, signal), signal));
  };
}

async function checkIds(deps: ActivityDeps, input: CheckIdsInput, signal: AbortSignal): Promise<void> {
  try {
    await assertDistinctIds(() => documentLines(deps, input, signal));
  } catch (error) {
    if (!(error instanceof DuplicateIdError)) throw error;
    const { message, publicMessage } = error;
    throw new StepError(FAILURE.duplicateId, message, { publicMessage, final: true });
  }
}

async function* documentLines(
  { store }: ActivityDeps,
  { job, chunks }: CheckIdsInput,
  signal: AbortSignal,
): AsyncGenerator<Line[]> {
  for (let chunk = 0; chunk < chunks; chunk++) {
    for await (const batch of lines(await store.open(keys.documents(job, chunk)))) {
      signal.throwIfAborted();
      yield batch;
    }
  }
}
