import {
  type WorkflowExecutionDescription,
  type WorkflowHandle,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { failureMessage } from '../job/failure';
import { type Context, queueOf } from './context';
import { JobNotFoundError, JobStateError, NoWorkerError, quoted } from './errors';
import { isPolled, noWorkerMessage } from './queue';
import { findStoredJob } from './stored-jobs';

const PATIENCE = 30_000;

export type Action = 'pause' | 'resume' | 'cancel' | 'raise its budget';

/**
 * Asks something of a job, with errors that say why it was not done.
 *
 * @param ask what tells the workflow
 */
export async function command(
  context: Context,
  id: string,
  workflow: WorkflowHandle,
  action: Action,
  ask: () => Promise<unknown>,
): Promise<void> {
  const { client, store, taskQueue } = context;
  try {
    // The server takes the cancellation of a workflow that was canceled before.
    if (hasEnded(await workflow.describe())) throw ended(id, action);
    await client.connection.withDeadline(Date.now() + PATIENCE, ask);
  } catch (error) {
    if (error instanceof JobStateError) throw error;
    if (error instanceof WorkflowNotFoundError) {
      const known = await workflow.describe().catch(() => findStoredJob(store, id));
      if (!known) throw new JobNotFoundError(id, store.location, { cause: error });
      throw ended(id, action, error);
    }
    if (error instanceof WorkflowUpdateFailedError) {
      throw new JobStateError(id, `The job ${quoted(id)} did not ${action}: ${failureMessage(error)}`, {
        cause: error,
      });
    }
    if (action !== 'cancel' && (await isPolled(client, taskQueue)) === false) {
      throw new NoWorkerError(
        `The job ${quoted(id)} did not ${action} within ${PATIENCE / 1000} s. ${noWorkerMessage(queueOf(context))}`,
        { cause: error },
      );
    }
    throw error;
  }
}

const hasEnded = ({ status }: WorkflowExecutionDescription) =>
  status.name !== 'RUNNING' && status.name !== 'PAUSED';

const ended = (id: string, action: Action, cause?: unknown) =>
  new JobStateError(id, `The job ${quoted(id)} has ended: there is nothing to ${action.split(' ')[0]}.`, {
    cause,
  });
