import type { Batch } from '../../src/anthropic/api';
import { FAILURE } from '../../src/job/failure';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';

/** @throws a retryable `anthropic.NotEnded`; a final `anthropic.ResultsGone` */
export async function endedBatch(deps: ActivityDeps, id: string): Promise<Batch> {
  const batch = await deps.anthropic().retrieve(id);
  if (batch.status !== 'ended') {
    throw new StepError(FAILURE.notEnded, `The batch ${id} has not ended yet.`);
  }
  assertNotArchived(batch);
  return batch;
}

/** @throws a final `anthropic.ResultsGone` if the API no longer has the batch's results */
export function assertNotArchived({ id, archivedAt }: Batch): void {
  if (archivedAt === null) return;
  throw new StepError(
    FAILURE.resultsGone,
    `The results of the batch ${id} are gone: it was archived at ${archivedAt.toISOString()}, 29 days ` +
      'after its creation.',
    { final: true },
  );
}
