// results/: downloads results, judges them row by row, and writes the job's results. Start here; then read
// finish-chunk.ts and finish-job.ts.

import type { Batch } from '../../src/anthropic/api';
import type { Retrieved, RetrieveInput } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { answeredByOrphans } from '../orphans/orphan-answers';
import type { Limit } from '../runtime/concurrency-limit';
import { jobSpec, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';
import { selectNext } from '../runtime/requests';
import { collectResults } from './collect-results';
import { NO_BATCH, originOf } from './origin';

/**
 * Streams an ended batch's results unchanged into the store, judges them row by row, and selects the requests
 * of the next round.
 */
export function createRetrieve(deps: ActivityDeps, heavy: Limit) {
  return async function anthropicRetrieve(input: RetrieveInput): Promise<Retrieved> {
    return onJob(deps, input, (signal) => heavy(() => retrieve(deps, input, signal), signal));
  };
}

async function retrieve(deps: ActivityDeps, input: RetrieveInput, signal: AbortSignal): Promise<Retrieved> {
  const { job, chunk, round, batch = NO_BATCH, resend, writtenOff } = input;
  const owed = await originOf(await jobSpec(deps.store, job)).owed(deps.store, input);
  const find = () => endedBatch(deps, batch);
  const of = { job, chunk, round };
  const collecting = { of, batch, owed, find, readable: resend, writtenOff };
  const { rows } = await collectResults(deps, collecting, signal);

  const answered = await answeredByOrphans(deps.store, input);
  const open = (ordinals: number[]) => ordinals.filter((ordinal) => !answered.has(ordinal));
  const unpaid = open(rows.unpaid());
  const failed = input.retry ? open(rows.transient()) : input.unpaid ? unpaid : [];
  const lost = resend ? open(rows.lost()) : [];
  const again = [...failed, ...lost].sort((a, b) => a - b);
  const outstanding = await selectNext(deps.store, input, again);
  if (outstanding > 0) deps.points?.reach('retrieve/selection-written');
  return { rows: rows.rows, succeeded: rows.succeeded, outstanding, unpaid: unpaid.length };
}

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
