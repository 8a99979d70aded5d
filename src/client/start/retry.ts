import { setTimeout as sleep } from 'node:timers/promises';
import type { JobRef, JobSummary } from '../../job/job';
import { jobOptions, normalizeSpec } from '../../job-spec/normalize';
import type { JobOptions, NormalizedSpec } from '../../job-spec/spec';
import { keys } from '../../records/keys';
import { claimRetry, type RetryClaim, retryClaims } from '../../records/retries';
import { readSpec } from '../../records/stored-spec';
import { atTemporal, runs } from '../../temporal/at-temporal';
import type { Context } from '../context';
import { JobExistsError, JobStateError, quoted } from '../errors';
import { JobHandle } from '../handle';
import { findStoredJob, storedSummary } from '../stored-jobs';
import type { StartSettings } from '../types';
import { assertNothingInFlight } from './again';
import { inFlightOf, inFlightText } from './in-flight';
import { startJob } from './start';

export interface RetryOptions extends Omit<JobOptions, 'idField'>, Omit<StartSettings, 'input'> {}

/**
 * Starts a job from the stored requests of the failed documents of `asked`. One job at a time has these: where one runs it is given,
 * and where one has ended with documents that still have no answer, those are retried.
 */
export async function retryJob(
  context: Context,
  asked: JobHandle,
  options: RetryOptions,
): Promise<JobHandle> {
  for (let of = asked; ; ) {
    const ended = await endedJob(context, of);
    const claims = await retryClaims(context.store, ended.job);
    const retry = await standing(context, asked, claims.at(-1));
    if (retry === undefined) {
      const { id = asked.id, again } = options;
      assertNothingInFlight(context, { id, of: of.id, again }, await inFlightOf(context.store, ended.job));
      const started = await start(context, asked.id, ended, claims.length, options);
      if (started) return started;
    } else if (retry.summary === undefined) {
      return runningRetry(context, asked, retry.handle, options.id);
    } else if (retry.summary.failed === 0) {
      throw new JobStateError(
        asked.id,
        `There is nothing to retry in the job ${quoted(asked.id)}: its retry ${quoted(retry.handle.id)} left no document without an answer.`,
      );
    } else of = retry.handle;
  }
}

interface Ended {
  job: JobRef;
  summary: JobSummary;
  spec: NormalizedSpec;
}

/** A job that can be retried. */
async function endedJob(context: Context, of: JobHandle): Promise<Ended> {
  const job = await of.ref();
  const summary = await of.summary();
  if (!summary) throw new JobStateError(of.id, await notEnded(context, of.id, job));
  // Reset in Temporal, it sends again what an older summary counts as failed.
  if (runs(await atTemporal(context.client, of.id), job)) {
    throw new JobStateError(
      of.id,
      `The job ${quoted(of.id)} runs again: wait for it, or cancel it, and retry it then.`,
    );
  }
  const spec = await readSpec(context.store, job);
  if (spec.source.kind === 'adopt') {
    throw new JobStateError(
      of.id,
      `The job ${quoted(of.id)} cannot be retried: it took the results of the batch ${spec.source.batch}, which another tool made, ` +
        'and the API does not give requests back. Start a job from the documents that failed.',
    );
  }
  if (summary.failed === 0) {
    const reason =
      summary.chunks === 0 && summary.state === 'failed'
        ? 'it failed before any request was made. Mend its input or its spec and start it again'
        : summary.chunks === 0 && summary.state === 'canceled'
          ? 'it was canceled before any request was made. Start it again'
          : 'none of its documents failed';
    throw new JobStateError(of.id, `There is nothing to retry in the job ${quoted(of.id)}: ${reason}.`);
  }
  return { job, summary, spec };
}

/** Why a job without a summary cannot be retried. */
async function notEnded(context: Context, id: string, job: JobRef): Promise<string> {
  if (runs(await atTemporal(context.client, id), job)) {
    return `The job ${quoted(id)} has not ended: only an ended job can be retried. Wait for it, or cancel it.`;
  }
  const inFlight = await inFlightOf(context.store, job);
  const left = inFlight.length > 0 ? ` and left in flight what is paid for: ${inFlightText(inFlight)}` : '';
  return (
    `The workflow of the job ${quoted(id)} is gone${left}. ` +
    `Reconcile it first ("anthropic-batch reconcile --job ${id}"), and retry then.`
  );
}

/** A job that has the failed documents of another; without a summary it runs. */
interface Retry {
  handle: JobHandle;
  summary?: JobSummary;
}

/** How long a claim may be ahead of the start of its job, in milliseconds. */
const PATIENCE = 10_000;

/**
 * What became of a job that claimed the documents of another: `undefined` where it came to nothing, so that they are free again. It was
 * refused by the server or deleted since, or it ended before its plan was whole, when nothing is sent.
 */
async function standing(
  context: Context,
  asked: JobHandle,
  claim: RetryClaim | undefined,
): Promise<Retry | undefined> {
  const { client, store } = context;
  if (!claim) return undefined;
  const job: JobRef = { ...claim, store: (await asked.ref()).store };
  const handle = new JobHandle(context, job.id, client.workflow.getHandle(job.id), job);
  for (const limit = Date.now() + PATIENCE; ; await sleep(250)) {
    // The spec goes first into the store, and last out of it.
    if (!(await store.head(keys.spec(job)))) return undefined;
    if (runs(await atTemporal(context.client, job.id), job)) return { handle };
    const summary = await storedSummary(store, job);
    if (summary) return summary.chunks === 0 ? undefined : { handle, summary };
    if (Date.now() < limit) continue;
    throw new JobStateError(
      asked.id,
      `The job ${quoted(asked.id)} is retried by ${quoted(job.id)}, whose workflow is gone: reconcile that job, and retry then.`,
    );
  }
}

function runningRetry(
  { warn }: Context,
  { id: asked }: JobHandle,
  retry: JobHandle,
  wanted: string | undefined,
): JobHandle {
  const said = `The job ${quoted(asked)} is being retried already, by ${quoted(retry.id)}`;
  if (wanted !== undefined && wanted !== retry.id) {
    throw new JobStateError(asked, `${said}: wait for it, or cancel it.`);
  }
  warn(`${said}: no other job was started.`);
  return retry;
}

/** Somebody else claimed the documents first. */
class Claimed extends Error {}

/** @returns `undefined` where another job has the documents since. */
async function start(
  context: Context,
  asked: string,
  { job, summary, spec: earlier }: Ended,
  number: number,
  options: RetryOptions,
): Promise<JobHandle | undefined> {
  const { id, workflowIdConflictPolicy, workflowIdReusePolicy, searchAttributes, again, ...changes } =
    options;
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const source = {
    kind: 'retry',
    of: { id: job.id, instance: job.instance },
    chunks: summary.chunks,
  } as const;
  const claim = async (retry: JobRef) => {
    if (!(await claimRetry(context.store, job, number, retry))) throw new Claimed();
  };

  const attempt = async (
    jobId: string,
    policies: Pick<StartSettings, 'workflowIdConflictPolicy' | 'workflowIdReusePolicy'>,
  ) => {
    const spec = normalizeSpec(
      { ...jobOptions(earlier), ...given },
      { id: jobId, source, model: earlier.model },
    );
    const started = await startJob(
      context,
      spec,
      { ...policies, searchAttributes, again },
      async () => {},
      claim,
    );
    return new JobHandle(context, jobId, started.workflow, started.job);
  };
  try {
    if (id !== undefined) return await attempt(id, { workflowIdConflictPolicy, workflowIdReusePolicy });
    for (let n = 1; ; n++) {
      const next = `${asked}-retry-${n}`;
      if (await findStoredJob(context.store, next)) continue;
      try {
        return await attempt(next, {
          workflowIdConflictPolicy: 'FAIL',
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
        });
      } catch (error) {
        if (!(error instanceof JobExistsError)) throw error;
      }
    }
  } catch (error) {
    if (error instanceof Claimed) return undefined;
    throw error;
  }
}
