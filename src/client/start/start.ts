// start/: starts jobs, also from an adopted batch or to retry one. It imports temporal. Start here.

import {
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
  WorkflowNotFoundError,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { effectivePrices } from '../../cost/prices/price-list';
import { assertPriced, UnknownModelError } from '../../cost/prices/prices';
import type { DocumentSetInput } from '../../job/inputs';
import type { JobRef } from '../../job/job';
import { DOCUMENT_SET, JOB_MEMO } from '../../job/names';
import type { NormalizedSpec } from '../../job-spec/spec';
import { storeId } from '../../records/identity';
import { type InFlight, inFlightUnder } from '../../records/in-flight';
import { removeJob } from '../../records/removal';
import { writeSpec } from '../../records/stored-spec';
import { announceSuccessor } from '../../records/successors';
import { memoOf, undecodable } from '../../temporal/memos';
import type { Context } from '../context';
import { JobExistsError, JobStateError, quoted, SearchAttributeError } from '../errors';
import { newInstance } from '../instance';
import { holdsOurs, registeredAttributes, unregistered } from '../temporal/attributes';
import { GRPC, grpcStatus, isPassing } from '../temporal/grpc';
import { otherEncoding } from '../temporal/other-encoding';
import { noWorker } from '../temporal/queue';
import type { StartSettings } from '../types';
import { assertNothingInFlight } from './again';

type Settings = Pick<
  StartSettings,
  'workflowIdConflictPolicy' | 'workflowIdReusePolicy' | 'searchAttributes' | 'again'
>;

/** A job that was started, or that was already running. */
export interface Started {
  job: JobRef | undefined;
  workflow: WorkflowHandle;
}

/**
 * Starts the workflow of a job whose spec is checked. `fill` writes what the job needs besides its spec into
 * the store. It is not called if the id is taken. `claim` is called last, when everything is in the store. If
 * `claim` throws, if an earlier job has left work in flight by then, or if the server refuses the job,
 * everything that `fill` wrote is removed.
 */
export async function startJob(
  context: Context,
  spec: NormalizedSpec,
  settings: Settings,
  fill: (job: JobRef) => Promise<void>,
  claim?: (job: JobRef) => Promise<void>,
): Promise<Started> {
  const { client, store, taskQueue } = context;
  const existing = await taken(context, spec.id, settings);
  if (existing) return existing;
  const { again } = settings;
  const assertFree = (inFlight: readonly InFlight[]) =>
    assertNothingInFlight(context, { id: spec.id, of: spec.id, again }, inFlight);
  // Refuses before the input is copied. With `again` it would only warn, which the second check does.
  if (!again) assertFree(await inFlightUnder(store, spec.id));
  const registered = await registeredAttributes(client);
  const attributes = settings.searchAttributes?.getAll() ?? [];
  const unknown = unregistered(
    registered,
    attributes.map(({ key }) => key.name),
  );
  if (unknown) throw new SearchAttributeError(spec.id, unknown, client.options.namespace);

  const job: JobRef = { id: spec.id, instance: newInstance(), store: await storeId(store) };
  const input: DocumentSetInput = {
    job,
    waitForWorker: spec.waitForWorker,
    onComplete: spec.onComplete,
    searchAttributes: holdsOurs(registered),
  };
  try {
    await fill(job);
    await writeSpec(store, job, spec);
    // A job with this id may have started, or bought something, while the input was copied.
    const meanwhile = await taken(context, spec.id, settings);
    if (meanwhile) {
      await removeJob(store, job);
      return meanwhile;
    }
    assertFree(await announceSuccessor(store, job));
    await claim?.(job);
  } catch (error) {
    await removeJob(store, job).catch(() => {});
    throw error;
  }
  const workflow = await startWorkflow(context, job, {
    taskQueue,
    args: [input],
    staticSummary: summary(spec),
    workflowIdConflictPolicy: settings.workflowIdConflictPolicy,
    workflowIdReusePolicy: settings.workflowIdReusePolicy,
    typedSearchAttributes: attributes.length > 0 ? attributes : undefined,
  });
  if (settings.workflowIdConflictPolicy === 'USE_EXISTING') {
    const description = await workflow.describe();
    assertDecoded(description);
    if (memoOf(description)?.instance !== job.instance) {
      await removeJob(store, job);
      return useExisting(description, workflow);
    }
  }
  warnUnpriced(context, spec);
  const about = [await noWorker(context), await otherEncoding(context, `the job ${quoted(spec.id)}`)];
  for (const warning of about) if (warning) context.warn(warning);
  return { job, workflow };
}

/**
 * Refuses to take an undecodable memo for that of another job: the files of the started job would be removed.
 *
 * @throws {JobStateError}
 */
function assertDecoded(description: WorkflowExecutionDescription): void {
  const reason = undecodable(description);
  if (reason === undefined) return;
  const { workflowId } = description;
  throw new JobStateError(
    workflowId,
    `The job ${quoted(workflowId)} runs, but whether it was running already is unknown: its memo cannot be ` +
      `decoded (${reason}). Give the data converter of its worker.`,
  );
}

/** Starts a job's workflow. Removes what the job has in the store if the server refuses it. */
async function startWorkflow(
  context: Context,
  job: JobRef,
  options: Omit<WorkflowStartOptions, 'workflowId' | 'memo'>,
): Promise<WorkflowHandle> {
  try {
    return await context.client.workflow.start(DOCUMENT_SET, {
      ...options,
      workflowId: job.id,
      memo: { [JOB_MEMO]: job },
    });
  } catch (error) {
    const ours = isPassing(error) ? await startedAfterAll(context, job) : undefined;
    if (ours) return ours;
    // After a passing error the server may still take the job, which must then find its files.
    if (!isPassing(error)) await removeJob(context.store, job).catch(() => {});
    throw startError(context, job.id, error);
  }
}

/** Warns at the start, because a job's cost is computed with the prices it was started with. */
function warnUnpriced({ warn }: Context, { id, model, prices }: NormalizedSpec): void {
  if (model === undefined) return;
  try {
    assertPriced(effectivePrices(prices), model, new Date());
  } catch (error) {
    if (!(error instanceof UnknownModelError)) throw error;
    warn(
      `The job ${quoted(id)} will not report its cost. ` +
        `${error.message} Give the price with --prices FILE, or with the option prices.`,
    );
  }
}

/**
 * Returns the running job to use under `USE_EXISTING`, or `undefined` if the id is free. The server checks
 * again at the start.
 *
 * @throws {JobExistsError} if the policies do not allow another job with this id
 */
async function taken(context: Context, id: string, settings: Settings): Promise<Started | undefined> {
  const workflow = context.client.workflow.getHandle(id);
  let description: WorkflowExecutionDescription;
  try {
    description = await workflow.describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
  const conflict = settings.workflowIdConflictPolicy ?? 'FAIL';
  const reuse = settings.workflowIdReusePolicy ?? 'ALLOW_DUPLICATE';
  const status = description.status.name;
  if (status === 'RUNNING' || status === 'PAUSED') {
    if (conflict === 'USE_EXISTING') return useExisting(description, workflow);
    if (conflict === 'FAIL') throw new JobExistsError(id, runningAlready(description.type));
  } else if (
    reuse === 'REJECT_DUPLICATE' ||
    (reuse === 'ALLOW_DUPLICATE_FAILED_ONLY' && status === 'COMPLETED')
  ) {
    throw new JobExistsError(
      id,
      `a job with this id has ended (${status}), and the reuse policy ${reuse} does not allow ` +
        'another one. Choose another id.',
    );
  }
  return undefined;
}

function useExisting(description: WorkflowExecutionDescription, workflow: WorkflowHandle): Started {
  if (description.type !== DOCUMENT_SET) {
    throw new JobExistsError(description.workflowId, runningAlready(description.type));
  }
  return { job: memoOf(description), workflow };
}

function runningAlready(type: string): string {
  return type === DOCUMENT_SET
    ? 'a job with this id is already running. Wait for it, cancel it, or choose another id.'
    : `a workflow with this id and the type ${type} is already running. Choose another id.`;
}

/** Returns the job's own workflow if it was started although the response to the start was lost. */
async function startedAfterAll(context: Context, job: JobRef): Promise<WorkflowHandle | undefined> {
  try {
    const description = await context.client.workflow.getHandle(job.id).describe();
    if (memoOf(description)?.instance !== job.instance) return undefined;
    return context.client.workflow.getHandle(job.id, description.runId);
  } catch {
    return undefined;
  }
}

function startError(context: Context, id: string, error: unknown): unknown {
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return new JobExistsError(
      id,
      'a job with this id exists, and the conflict or reuse policy does not allow another one. ' +
        'Choose another id.',
      {
        cause: error,
      },
    );
  }
  const status = grpcStatus(error);
  if (status?.code === GRPC.invalidArgument && /search attribute/i.test(status.details)) {
    const attribute = /search attribute (?:type )?["']?([\w-]+)/i.exec(status.details)?.[1];
    return new SearchAttributeError(id, attribute, context.client.options.namespace, {
      cause: error as Error,
      detail: status.details,
    });
  }
  return error;
}

function summary(spec: NormalizedSpec): string {
  const { source } = spec;
  if (source.kind === 'adopt') return `Message Batches job, results of ${source.batch}`;
  if (source.kind === 'retry') return 'Message Batches job, stored requests of an earlier job';
  const how = 'builder' in spec.request ? `builder ${spec.request.builder}` : 'template';
  return `Message Batches job, ${how}${spec.model ? ` for ${spec.model}` : ''}`;
}
