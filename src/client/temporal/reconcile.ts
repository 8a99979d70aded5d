// temporal/: the client's calls to a Temporal server: control of running jobs, reconcile, reset, stuck
// workflows, gRPC errors.

import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { poll } from '../../async/retry';
import type { ReconcileJobInput } from '../../job/inputs';
import type { JobRef, JobSummary } from '../../job/job';
import { JOB_MEMO, MESSAGE_BATCH, RECONCILE_JOB, SEGMENT } from '../../job/names';
import type { OnComplete } from '../../job/on-complete';
import { findSummary } from '../../records/chunk-results';
import { hasPresumedLost } from '../../records/ledger';
import { openRounds } from '../../records/open-rounds';
import { storedJobs } from '../../records/stored-jobs';
import type { Store } from '../../store/store';
import { DamagedKeyError } from '../../store/store';
import { type AtTemporal, atTemporal, runs } from '../../temporal/at-temporal';
import type { Undecodable } from '../../temporal/lenient-client';
import { queryText } from '../../temporal/query-text';
import { type Context, skippingDamaged } from '../context';
import { JobNotFoundError, JobStateError, OptionError, quoted } from '../errors';
import { eitherSummary } from '../read/follow';
import { wholeFailure } from '../whole-failure';
import { abortable } from './abortable';
import { retryGrpc } from './grpc';
import { noWorker } from './queue';
import { StuckCheck } from './stuck-check';
import { CUT_SHORT, endOf } from './temporal-status';

/** The options of `BatchClient.reconcile`. */
export interface ReconcileOptions {
  /** The job id. Default: every job of the store that left work open. */
  job?: string;
  /**
   * Cancels the job's batches in flight instead of waiting until they end. Requires `job`. Default `false`.
   */
  cancel?: boolean;
}

/** A handle to the reconciliation of a job, which runs in its own workflow. */
export class Reconciliation {
  readonly #context: Context;
  readonly #workflow: WorkflowHandle;

  /** @internal Use `BatchClient.reconcile`. */
  constructor(
    context: Context,
    readonly job: JobRef,
    /**
     * The end of the job's own workflow, such as `TERMINATED`, or `undefined` if Temporal no longer has it.
     */
    readonly was: string | undefined,
    workflow: WorkflowHandle,
  ) {
    this.#context = context;
    this.#workflow = workflow;
  }

  /**
   * Waits until the reconciliation has ended, and returns the job's summary. Aborting the signal ends only
   * the waiting.
   *
   * @throws {JobStateError} if the reconciliation failed.
   */
  async result({ signal }: { signal?: AbortSignal } = {}): Promise<JobSummary> {
    const { client, store, warn } = this.#context;
    const stopWatch = new StuckCheck(client, this.job.id, [this.#workflow.workflowId]).watch(warn);
    const wait = () => this.#workflow.result() as Promise<JobSummary | Undecodable>;
    try {
      const reported = await retryGrpc(() => abortable(client.connection, wait, signal), signal);
      return eitherSummary(this.job.id, reported, await findSummary(store, this.job));
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof WorkflowFailedError)) throw error;
      const { id } = this.job;
      const why = await wholeFailure(store, error);
      throw new JobStateError(id, `The job ${quoted(id)} was not reconciled: ${why}`, { cause: error });
    } finally {
      stopWatch();
    }
  }
}

/** Starts the reconciliation of a job, or of all jobs that left work open, and returns the started ones. */
export async function reconcile(
  context: Context,
  { job: jobId, cancel = false }: ReconcileOptions,
): Promise<Reconciliation[]> {
  if (cancel && jobId === undefined) {
    throw new OptionError(
      '`cancel` requires `job`: ' +
        'another Temporal server may use the same store, and its running jobs look abandoned from here.',
    );
  }
  const started: Reconciliation[] = [];
  for (const target of await (jobId === undefined ? openJobs(context) : jobsOf(context, jobId))) {
    try {
      await assertChildrenEnded(context, target.job);
    } catch (error) {
      if (jobId !== undefined || !(error instanceof JobStateError)) throw error;
      context.warn(error.message);
      continue;
    }
    started.push(await start(context, target, cancel));
  }
  const missing = started.length > 0 ? await noWorker(context) : undefined;
  if (missing) context.warn(missing);
  return started;
}

interface Target {
  job: JobRef;
  onComplete?: OnComplete;
  summary?: JobSummary;
}

/** Returns the jobs to reconcile for one id: all jobs without a summary, and the newest job in any case. */
async function jobsOf(context: Context, jobId: string): Promise<Target[]> {
  const temporal = await atTemporal(context.client, jobId);
  const all: Target[] = [];
  for await (const { job, spec } of storedJobs(context.store, { id: jobId })) {
    if (spec.source.kind === 'adopt') throw boughtNothing(jobId, spec.source.batch);
    all.push({ job, onComplete: spec.onComplete, summary: await findSummary(context.store, job) });
  }
  if (all.length === 0 && temporal.running === undefined) {
    throw new JobNotFoundError(jobId, context.store.location);
  }
  const found = all.filter(
    ({ job, summary }, index) => !runs(temporal, job) && (!summary || index === all.length - 1),
  );
  if (found.length > 0) return found;
  throw new JobStateError(
    jobId,
    `The job ${quoted(jobId)} is running, so there is nothing to reconcile. ` +
      'Wait until it ends, or cancel it.',
  );
}

const boughtNothing = (jobId: string, batch: string) =>
  new JobStateError(
    jobId,
    `The job ${quoted(jobId)} cannot be reconciled: it adopted the batch ${batch}, which another ` +
      'tool created, and bought nothing. Adopt the batch again.',
  );

/**
 * Returns the jobs of the store that are not running and left something open: they have no summary, a round
 * without results, a round that an unidentified batch may contain, or an attempt that was presumed lost.
 */
async function openJobs(context: Context): Promise<Target[]> {
  const { store } = context;
  const found: Target[] = [];
  let known: { id: string; temporal: AtTemporal } | undefined;
  for await (const { job, spec } of storedJobs(store, skippingDamaged(context))) {
    if (spec.source.kind === 'adopt') continue;
    if (known?.id !== job.id) known = { id: job.id, temporal: await atTemporal(context.client, job.id) };
    const { temporal } = known;
    if (runs(temporal, job)) continue;
    try {
      const summary = await findSummary(store, job);
      if (!summary || (await hasOpenRound(store, job)) || (await hasPresumedLost(store, job)))
        found.push({ job, onComplete: spec.onComplete, summary });
    } catch (error) {
      if (!(error instanceof DamagedKeyError)) throw error;
      skippingDamaged(context).onDamaged(error);
    }
  }
  return found;
}

async function hasOpenRound(store: Store, job: JobRef): Promise<boolean> {
  for await (const _ of openRounds(store, job)) return true;
  return false;
}

async function start(
  context: Context,
  { job, onComplete, summary }: Target,
  cancel: boolean,
): Promise<Reconciliation> {
  const { client, taskQueue } = context;
  const was = await endOf(context, job);
  const workflowId = reconcileId(job);
  const input: ReconcileJobInput = {
    job,
    cancel,
    ...(summary ? { ended: summary.state } : { gone: goneBecause(was) }),
    // A job that ended by itself has started it.
    onComplete: summary && !CUT_SHORT.has(was ?? '') ? undefined : onComplete,
  };
  try {
    const handle = await client.workflow.start(RECONCILE_JOB, {
      workflowId,
      taskQueue,
      args: [input],
      memo: { [JOB_MEMO]: job },
      staticSummary: `Message Batches job ${job.id}: reconcile`,
    });
    return new Reconciliation(context, job, was, handle);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    // The reconciliation is already running. If canceled, it cancels the batches that it waits for.
    const handle = client.workflow.getHandle(workflowId);
    if (cancel) await handle.cancel();
    return new Reconciliation(context, job, was, handle);
  }
}

/**
 * Returns the id of the workflow that reconciles a job. It differs from the job id, so that a new job can use
 * that id.
 */
export const reconcileId = ({ id, instance }: JobRef) => `${id}/reconcile-${instance}`;

const goneBecause = (was: string | undefined) =>
  was === undefined
    ? 'Temporal no longer has the job’s workflow.'
    : `The job’s workflow ended without a summary (${was}).`;

const END_TIMEOUT = 10_000;

/**
 * Waits until the children of a terminated workflow have ended, which takes a moment. Throws if one keeps
 * running, for example because a person reset it: it still does its own work.
 */
export async function assertChildrenEnded({ client }: Context, { id }: JobRef): Promise<void> {
  const query = `WorkflowId STARTS_WITH ${queryText(`${id}/`)} AND WorkflowType IN ("${MESSAGE_BATCH}", "${SEGMENT}") AND ExecutionStatus = "Running"`;
  const own = /^(segment|chunk)-\d+(-salvage)?$/;
  let running: string | undefined;
  const ended = async () => {
    running = undefined;
    for await (const { workflowId } of client.workflow.list({ query })) {
      if (own.test(workflowId.slice(id.length + 1))) running ??= workflowId;
    }
    return running === undefined || undefined;
  };
  if (await poll(ended, { every: 250, atMost: END_TIMEOUT })) return;
  throw new JobStateError(
    id,
    `The workflow of the job ${quoted(id)} is gone, but its part ${quoted(running!)} still runs. ` +
      'Wait until that part ends, or terminate it.',
  );
}
