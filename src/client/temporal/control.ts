import {
  type WorkflowExecutionDescription,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { parseUsd } from '../../cost/prices/usd';
import type { Control, ControlRequest } from '../../job/control';
import type { JobRef } from '../../job/job';
import { recordRequest } from '../../records/control';
import { readSpec } from '../../records/stored-spec';
import { progressOf } from '../../temporal/memos';
import { wake } from '../../temporal/wake';
import type { Context } from '../context';
import { JobNotFoundError, JobStateError, quoted } from '../errors';
import { findStoredJob } from '../find-stored-job';
import { noWorker } from './queue';
import { isCancelRequested } from './temporal-status';

/** The request in user terms. */
type Action = ControlRequest['kind'] | 'cancel';

/**
 * Records a request for a running job in the store, and wakes the activities that wait for one. The request
 * applies as soon as it is recorded. No worker needs to run: a later worker reads the record.
 *
 * @throws {JobStateError} if the job has ended, is being canceled, or cannot grant the request. {@link
 *   JobNotFoundError}
 */
export async function requestOf(
  context: Context,
  workflow: WorkflowHandle,
  job: JobRef,
  request: ControlRequest,
): Promise<void> {
  const { client, store, warn } = context;
  const { taskQueue } = await assertRuns(context, workflow, request.kind);
  const { settings } = await readSpec(store, job);
  await recordRequest(store, job, request, (control) => judge(job, request, control, settings.maxUsd));
  // If the job ended meanwhile, it did not process the request.
  await assertRuns(context, workflow, request.kind);
  await wake(client, job.id, 'anthropicAwaitRequest');
  if (request.kind === 'raise budget') await wake(client, job.id, 'anthropicAwaitBudget');
  const missing = await noWorker(context, taskQueue);
  if (missing) warn(`The request for the job ${quoted(job.id)} is recorded. ${missing}`);
}

/** Checks that a request can be granted. @throws {JobStateError} if it cannot. */
function judge(job: JobRef, request: ControlRequest, control: Control, maxUsd: string | undefined): void {
  if (request.kind !== 'raise budget') return;
  const present = control.maxUsd ?? maxUsd;
  if (present === undefined) {
    throw new JobStateError(
      job.id,
      `The job ${quoted(job.id)} has no budget of its own, so there is nothing to raise.`,
    );
  }
  if (parseUsd(request.maxUsd)! > parseUsd(present)!) return;
  throw new JobStateError(
    job.id,
    `The new budget of the job ${quoted(job.id)} must be above its present ${present} USD (got ` +
      `${request.maxUsd}).`,
  );
}

/** Cancels the job's workflow. @throws {JobStateError} if it has ended. {@link JobNotFoundError} */
export async function cancelJob(context: Context, workflow: WorkflowHandle): Promise<void> {
  // No check for an earlier cancellation: the server accepts a repeated one.
  const { taskQueue } = await assertKnown(context, workflow, 'cancel');
  try {
    await workflow.cancel();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw ended(workflow.workflowId, 'cancel', error);
    throw error;
  }
  const missing = await noWorker(context, taskQueue);
  if (missing) {
    context.warn(
      `The job ${quoted(workflow.workflowId)} ends as soon as a worker processes the cancellation. ` +
        `${missing}`,
    );
  }
}

async function assertRuns(
  context: Context,
  workflow: WorkflowHandle,
  action: Action,
): Promise<WorkflowExecutionDescription> {
  const description = await assertKnown(context, workflow, action);
  const canceling = progressOf(description)?.state === 'canceling' || isCancelRequested(description);
  if (!canceling) return description;
  throw new JobStateError(
    workflow.workflowId,
    `The job ${quoted(workflow.workflowId)} is being canceled. ` +
      'Pausing, resuming and raising the budget are no longer possible.',
  );
}

async function assertKnown(
  { store }: Context,
  workflow: WorkflowHandle,
  action: Action,
): Promise<WorkflowExecutionDescription> {
  const id = workflow.workflowId;
  let description: WorkflowExecutionDescription;
  try {
    description = await workflow.describe();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    if (!(await findStoredJob(store, id))) throw new JobNotFoundError(id, store.location, { cause: error });
    throw ended(id, action, error);
  }
  const { name } = description.status;
  if (name !== 'RUNNING' && name !== 'PAUSED') throw ended(id, action);
  return description;
}

const ended = (id: string, action: Action, cause?: unknown) =>
  new JobStateError(id, `The job ${quoted(id)} has ended: there is nothing to ${action.split(' ')[0]}.`, {
    cause,
  });
