// results/: downloads results, judges them row by row, and writes the job's results. Start here; then read
// finish-chunk.ts and finish-job.ts.

import type { Retrieved, RetrieveInput } from '../../src/job/activity-types';
import { answeredByOrphans } from '../orphans/orphan-answers';
import type { Limit } from '../runtime/concurrency-limit';
import { jobSpec, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { selectNext } from '../runtime/requests';
import { collectRound } from './collect-round';
import { originOf } from './origin';

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
  const { job, resend, writtenOff } = input;
  const sent = await originOf(await jobSpec(deps.store, job)).sent(deps.store, input);
  const { rows } = await collectRound(deps, input, { ...sent, readable: resend, writtenOff }, signal);

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
