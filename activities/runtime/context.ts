// runtime/: shared by all steps: the job of a call, heartbeats, failures. Start here. May import no other
// folder of activities/.

import { Context } from '@temporalio/activity';
import { FAILURE } from '../../src/job/failure';
import type { JobRef } from '../../src/job/job';
import type { NormalizedSpec } from '../../src/job-spec/spec';
import { storeId } from '../../src/records/identity';
import type { ProblemScope } from '../../src/records/problems';
import { readSpec, SpecVersionError } from '../../src/records/stored-spec';
import type { Store } from '../../src/store/store';
import type { ActivityDeps } from './deps';
import { StepError } from './failure';
import { withFailureReport } from './report-failure';

/** Milliseconds. Well below every heartbeat timeout of the workflows. */
const HEARTBEAT_EVERY = 2_000;

/**
 * Runs an activity's work on a job's files under heartbeats, after checking that the store is the job's.
 *
 * @throws as `withFailureReport` does
 */
export function onJob<T>(
  deps: ActivityDeps,
  scope: ProblemScope & { job: JobRef },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withFailureReport(deps, scope, () =>
    heartbeating(async (signal) => {
      await assertStore(deps, scope.job);
      return work(signal);
    }),
  );
}

/**
 * Runs an activity's work under heartbeats. The signal aborts on cancellation, a lost attempt and worker
 * shutdown.
 */
export async function heartbeating<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  context.heartbeat();
  const timer = setInterval(() => context.heartbeat(), HEARTBEAT_EVERY);
  try {
    return await work(context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}

/**
 * Returns the spec of a job. @throws `anthropic.SpecVersion` for another release's spec, which a worker of
 * that release can read
 */
export async function jobSpec(store: Store, job: JobRef): Promise<NormalizedSpec> {
  try {
    return await readSpec(store, job);
  } catch (error) {
    if (!(error instanceof SpecVersionError)) throw error;
    throw new StepError(FAILURE.specVersion, error.message);
  }
}

/** Passes a source on until the signal aborts. Its reader then fails with the signal's reason. */
export async function* abortable<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  for await (const item of source) {
    signal.throwIfAborted();
    yield item;
  }
}

/**
 * Refuses a job whose files are in another store: with a second store, the ledger would fence nothing.
 *
 * @throws a retryable failure, because another worker of the task queue may have the right store
 */
async function assertStore(deps: ActivityDeps, job: JobRef): Promise<void> {
  const id = await storeId(deps.store);
  if (id === job.store) return;
  throw new StepError(
    FAILURE.storeMismatch,
    `The worker's store ${deps.store.location} is not the job's: its id is ${id}, but the job was ` +
      `started with ${job.store}. ` +
      'Give workers and clients the same --store; if the path is relative, start them in the same folder.',
  );
}
