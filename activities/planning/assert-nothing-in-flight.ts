import type { ScheduledFiring } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import type { JobRef } from '../../src/job/job';
import { openRounds } from '../../src/records/open-rounds';
import { storedJobs } from '../../src/records/stored-jobs';
import type { Store } from '../../src/store/store';
import { StepError } from '../runtime/failure';

/**
 * Checks that no earlier job of this firing's nominal time, such as one that was terminated and is now
 * backfilled, left requests in flight. Call after the firing was announced to those jobs.
 *
 * @throws {StepError} a final error that names what is in flight
 */
export async function assertNothingInFlight(
  store: Store,
  { id, instance }: JobRef,
  { schedule, time }: ScheduledFiring,
): Promise<void> {
  for await (const { job } of storedJobs(store, { id })) {
    if (job.instance === instance) continue;
    for await (const { ref, left } of openRounds(store, job)) {
      const what =
        left.kind === 'bought' ? `the batch ${left.batch}` : `round ${ref.round} of chunk ${ref.chunk}`;
      throw new StepError(
        FAILURE.inFlight,
        `Skipped: an earlier firing of ${time} of the schedule ${schedule} left ${what} in flight. Nothing ` +
          `was sent. Collect it with "anthropic-batch reconcile --job ${id}". To send everything again after ` +
          'that, backfill the schedule for that time.',
        { final: true },
      );
    }
  }
}
