import { poll } from '../../async/retry';
import type { JobRef, JobSummary } from '../../job/job';
import { jobOptions, normalizeSpec } from '../../job-spec/normalize';
import type { JobOptions, NormalizedSpec } from '../../job-spec/spec';
import { findSummary } from '../../records/chunk-results';
import { inFlightOf, inFlightText } from '../../records/in-flight';
import { keys } from '../../records/keys';
import { isBeingDeleted } from '../../records/removal';
import { claimRetry, type RetryClaim, replaceRetry, retryClaims } from '../../records/retries';
import { readSpec } from '../../records/stored-spec';
import { mayHaveSent } from '../../records/successors';
import { atTemporal, runs } from '../../temporal/at-temporal';
import type { Context } from '../context';
import { JobExistsError, JobStateError, quoted } from '../errors';
import { findStoredJob } from '../find-stored-job';
import { JobHandle } from '../handle';
import { assertChildrenEnded } from '../temporal/reconcile';
import type { StartSettings } from '../types';
import { assertNothingInFlight } from './again';
import { startJob } from './start';

/** The options of `BatchClient.retry`. Options that are absent keep the values of the retried job. */
export interface RetryOptions extends Omit<JobOptions, 'idField'>, Omit<StartSettings, 'input'> {}

/**
 * Starts a job from the stored requests of the failed documents of `asked`. Only one job at a time retries
 * them: if a retry is running, returns its handle. If a retry has ended with documents that still have no
 * answer, retries those.
 */
export async function retryJob(
  context: Context,
  asked: JobHandle,
  options: RetryOptions,
): Promise<JobHandle> {
  for (let of = asked; ; ) {
    const ended = await endedJob(context, of);
    const claims = await retryClaims(context.store, ended.job);
    const retry = await standing(context, asked, claims);
    if (retry === undefined) {
      const { id = asked.id, again } = options;
      // Refuses before anything is written. With `again` it would only warn, which the check after the claim
      // does.
      if (!again)
        assertNothingInFlight(context, { id, of: of.id }, await inFlightOf(context.store, ended.job));
      const started = await start(context, asked.id, ended, claims.length, options);
      if (started) return started;
    } else if (retry.summary === undefined) {
      return runningRetry(context, asked, retry.handle, options.id);
    } else if (retry.summary.failed === 0) {
      throw new JobStateError(
        asked.id,
        `There is nothing to retry in the job ${quoted(asked.id)}: ` +
          `its retry ${quoted(retry.handle.id)} has an answer for every document.`,
      );
    } else of = retry.handle;
  }
}

interface Ended {
  job: JobRef;
  summary: JobSummary;
  spec: NormalizedSpec;
}

/** Returns a job that can be retried. @throws {JobStateError} if it cannot. */
async function endedJob(context: Context, of: JobHandle): Promise<Ended> {
  const job = await of.ref();
  const summary = await of.summary();
  if (!summary) throw new JobStateError(of.id, await notEnded(context, of.id, job));
  // A job that was reset in Temporal resends documents that its older summary counts as failed.
  if (runs(await atTemporal(context.client, of.id), job)) {
    throw new JobStateError(
      of.id,
      `The job ${quoted(of.id)} is running again. Wait for it or cancel it, then retry it.`,
    );
  }
  // A part that a person reset may have bought something that the summary does not count.
  await assertChildrenEnded(context, job);
  const spec = await readSpec(context.store, job);
  if (spec.source.kind === 'adopt') {
    throw new JobStateError(
      of.id,
      `The job ${quoted(of.id)} cannot be retried: ` +
        `it adopted the batch ${spec.source.batch}, which another tool created, ` +
        'and the API does not return requests. Start a job from the documents that failed.',
    );
  }
  if (summary.failed === 0) {
    const reason =
      summary.chunks === 0 && summary.state === 'failed'
        ? 'it failed before any request was built. Fix its input or its spec and start it again'
        : summary.chunks === 0 && summary.state === 'canceled'
          ? 'it was canceled before any request was built. Start it again'
          : 'none of its documents failed';
    throw new JobStateError(of.id, `There is nothing to retry in the job ${quoted(of.id)}: ${reason}.`);
  }
  return { job, summary, spec };
}

/** Returns why a job without a summary cannot be retried. */
async function notEnded(context: Context, id: string, job: JobRef): Promise<string> {
  if (runs(await atTemporal(context.client, id), job)) {
    return (
      `The job ${quoted(id)} has not ended, and only an ended job can be retried. ` +
      'Wait for it, or cancel it.'
    );
  }
  const inFlight = await inFlightOf(context.store, job);
  const left = inFlight.length > 0 ? ` and left paid work in flight: ${inFlightText(inFlight)}` : '';
  return (
    `The workflow of the job ${quoted(id)} no longer runs${left}. ` +
    `Reconcile the job first ("anthropic-batch reconcile --job ${id}"), then retry it.`
  );
}

/** A job that retries the failed documents of another. It is running if it has no summary. */
interface Retry {
  handle: JobHandle;
  summary?: JobSummary;
}

/** The longest time from a claim to the start of its job, in milliseconds. */
const START_TIMEOUT = 10_000;

/**
 * Returns the newest job that claimed the failed documents and has them, or `undefined` if they are free
 * again: the server refused each of these jobs, it was deleted, or it ended before its plan was complete, so
 * that it sent nothing.
 */
async function standing(
  context: Context,
  asked: JobHandle,
  claims: readonly RetryClaim[],
): Promise<Retry | undefined> {
  for (const claim of claims.toReversed()) {
    const retry = await claimant(context, asked, claim);
    if (retry) return retry;
  }
  return undefined;
}

async function claimant(context: Context, asked: JobHandle, claim: RetryClaim): Promise<Retry | undefined> {
  const { client, store } = context;
  const job: JobRef = { ...claim, store: (await asked.ref()).store };
  const handle = new JobHandle(context, job.id, client.workflow.getHandle(job.id), job);
  const known = async (): Promise<{ retry?: Retry } | undefined> => {
    // The spec is written first and deleted last.
    if (!(await store.head(keys.spec(job)))) return {};
    if (runs(await atTemporal(context.client, job.id), job)) return { retry: { handle } };
    const summary = await findSummary(store, job);
    if (summary?.chunks !== 0) return summary && { retry: { handle, summary } };
    // A Reset may have sent something since.
    return (await mayHaveSent(store, job)) ? undefined : {};
  };
  const found = await poll(known, { every: 250, atMost: START_TIMEOUT });
  if (found) return found.retry;
  throw new JobStateError(
    asked.id,
    `The workflow of ${quoted(job.id)}, the retry of the job ${quoted(asked.id)}, no longer ` +
      `runs. Reconcile ${quoted(job.id)}, then retry.`,
  );
}

function runningRetry(
  { warn }: Context,
  { id: asked }: JobHandle,
  retry: JobHandle,
  wanted: string | undefined,
): JobHandle {
  const said = `The job ${quoted(asked)} is already being retried by ${quoted(retry.id)}.`;
  if (wanted !== undefined && wanted !== retry.id) {
    throw new JobStateError(asked, `${said} Wait for that job, or cancel it.`);
  }
  warn(`${said} No other job was started.`);
  return retry;
}

/** Another job claimed the documents first. */
class Claimed extends Error {}

/** Starts the retry. Returns `undefined` if another job claimed the documents first. */
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
    // A deletion marks the job before it reads the claims, so one of the two sees the other.
    if (await isBeingDeleted(context.store, job)) {
      throw new JobStateError(asked, `The job ${quoted(job.id)} cannot be retried: it is being deleted.`);
    }
    // A Reset of the job may have begun to send before it could see the claim.
    assertNothingInFlight(context, { id: retry.id, of: job.id, again }, await inFlightOf(context.store, job));
    // So may an earlier retry, which had sent nothing until then.
    for (const earlier of (await retryClaims(context.store, job)).slice(0, number)) {
      await replaceRetry(context.store, earlier, retry);
      if (await mayHaveSent(context.store, { ...earlier, store: job.store })) throw new Claimed();
    }
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
