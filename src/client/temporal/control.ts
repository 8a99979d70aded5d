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
import { wake } from '../../temporal/wake';
import type { Context } from '../context';
import { JobNotFoundError, JobStateError, quoted } from '../errors';
import { toldProgress } from '../start/start';
import { findStoredJob } from '../stored-jobs';
import { noWorker } from './queue';

/** What is asked, as a person says it. */
type Action = ControlRequest['kind'] | 'cancel';

/**
 * Asks something of a running job: records it in the store, from where on it is in force, and wakes what waits for it. A
 * worker is not needed for that: what runs later finds the record.
 *
 * @throws {JobStateError} when the job has ended or is canceled, or cannot grant it. {@link JobNotFoundError}
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
  // It may have ended while it was asked, and then it has not taken the request.
  await assertRuns(context, workflow, request.kind);
  await wake(client, job.id, 'anthropicAwaitRequest');
  if (request.kind === 'raise budget') await wake(client, job.id, 'anthropicAwaitRoom');
  const missing = await noWorker(context, taskQueue);
  if (missing) warn(`The request to ${quoted(job.id)} is recorded. ${missing}`);
}

/** @throws {JobStateError} where the request cannot be granted. */
function judge(job: JobRef, request: ControlRequest, control: Control, maxUsd: string | undefined): void {
  if (request.kind !== 'raise budget') return;
  const present = control.maxUsd ?? maxUsd;
  if (present === undefined) {
    throw new JobStateError(
      job.id,
      `The job ${quoted(job.id)} has no budget of its own that could be raised.`,
    );
  }
  if (parseUsd(request.maxUsd)! > parseUsd(present)!) return;
  throw new JobStateError(
    job.id,
    `The budget of the job ${quoted(job.id)} is ${present} USD. It can only be raised to more than that (got ${request.maxUsd}).`,
  );
}

/** Asks the job's workflow to end. @throws {JobStateError} when it has ended. {@link JobNotFoundError} */
export async function cancelJob(context: Context, workflow: WorkflowHandle): Promise<void> {
  // The server takes the cancellation of a workflow that was canceled before.
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
      `The job ${quoted(workflow.workflowId)} ends as soon as a worker takes the cancellation. ${missing}`,
    );
  }
}

async function assertRuns(
  context: Context,
  workflow: WorkflowHandle,
  action: Action,
): Promise<WorkflowExecutionDescription> {
  const description = await assertKnown(context, workflow, action);
  const state = toldProgress(description)?.state;
  if (state !== 'canceling') return description;
  throw new JobStateError(
    workflow.workflowId,
    `The job ${quoted(workflow.workflowId)} is being canceled. It can be paused, resumed and given a larger budget only before that.`,
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
