import {
  type WorkflowExecutionDescription,
  type WorkflowHandle,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { failureMessage } from '../job/failure';
import type { Context } from './context';
import { JobNotFoundError, JobStateError, NoWorkerError, quoted } from './errors';
import { noWorker, withoutAnswer } from './queue';
import { findStoredJob } from './stored-jobs';
import { stuckMessage, stuckWorkflows } from './stuck';

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
  const { client, store, warn } = context;
  let taskQueue: string | undefined;
  try {
    const description = await workflow.describe();
    taskQueue = description.taskQueue;
    // The server takes the cancellation of a workflow that was canceled before.
    if (hasEnded(description)) throw ended(id, action);
    await client.connection.withDeadline(Date.now() + PATIENCE, ask);
    const missing = action === 'cancel' ? await noWorker(context, taskQueue) : undefined;
    if (missing) warn(`The job ${quoted(id)} ends as soon as a worker takes the cancellation. ${missing}`);
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
    if (taskQueue === undefined) throw error;
    const what = `The job ${quoted(id)} did not ${action} within ${PATIENCE / 1000} s`;
    const answer = await withoutAnswer(context, taskQueue, what, error);
    if (!(answer instanceof NoWorkerError)) throw answer;
    // Workers may poll for a job that is stuck: it takes nothing from them.
    const [stuck] = await stuckWorkflows(client, [id]);
    if (stuck?.workflow !== id) throw answer;
    throw new JobStateError(id, `${what}. ${stuckMessage(id, stuck)}`, { cause: error });
  }
}

const hasEnded = ({ status }: WorkflowExecutionDescription) =>
  status.name !== 'RUNNING' && status.name !== 'PAUSED';

const ended = (id: string, action: Action, cause?: unknown) =>
  new JobStateError(id, `The job ${quoted(id)} has ended: there is nothing to ${action.split(' ')[0]}.`, {
    cause,
  });
