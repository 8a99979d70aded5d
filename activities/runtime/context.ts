// runtime/: what every step needs: the job of a call, heartbeats, failures, scratch files. It imports no other room. Start here.

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

/** Well below every heartbeat timeout of the workflows. */
const HEARTBEAT_EVERY = 2_000;

/**
 * Runs the work of an activity on a job's files under heartbeats, once the store is shown to be the job's.
 *
 * @throws as `telling` does.
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

/** Runs an activity's work under heartbeats; the signal tells of cancellation, a lost attempt and worker shutdown. */
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

/** The spec of a job. @throws `anthropic.SpecVersion` for one of another release: a worker of that release may read it. */
export async function jobSpec(store: Store, job: JobRef): Promise<NormalizedSpec> {
  try {
    return await readSpec(store, job);
  } catch (error) {
    if (!(error instanceof SpecVersionError)) throw error;
    throw new StepError(FAILURE.specVersion, error.message);
  }
}

/** Passes a source on until the signal: what reads it then fails with the signal's reason. */
export async function* abortable<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  for await (const item of source) {
    signal.throwIfAborted();
    yield item;
  }
}

/**
 * Refuses a job whose files are in another store: with a second store the ledger would fence nothing.
 *
 * @throws a retryable failure, because another worker of the task queue may have the right one.
 */
async function assertStore(deps: ActivityDeps, job: JobRef): Promise<void> {
  const id = await storeId(deps.store);
  if (id === job.store) return;
  throw new StepError(
    FAILURE.storeMismatch,
    `The worker's store ${deps.store.location} is not the job's: it has the id ${id}, the job was started with ${job.store}. ` +
      'Give workers and clients the same --store; with relative paths, start them in the same folder.',
  );
}
