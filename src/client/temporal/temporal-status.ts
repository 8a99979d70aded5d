import {
  type WorkflowExecutionDescription,
  type WorkflowExecutionInfo,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { JobRef } from '../../job/job';
import { DOCUMENT_SET } from '../../job/names';
import { memoOf } from '../../temporal/at-temporal';
import type { Context } from '../context';

/** Whether a running workflow was asked to cancel: the server knows before the workflow's next task. */
export const isCancelRequested = ({ raw }: Pick<WorkflowExecutionDescription, 'raw'>): boolean =>
  raw.workflowExtendedInfo?.cancelRequested === true;

/** A text as a visibility query takes it. */
export const queryText = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`;

/**
 * How the latest run of a job's workflow ended, in Temporal's words. Another job of the same id may have been started since.
 *
 * @returns `undefined` if Temporal does not know a run of this job any more.
 */
export async function endOf({ client }: Context, job: JobRef): Promise<string | undefined> {
  const describe = async (runId?: string): Promise<string | undefined> => {
    try {
      const found = await client.workflow.getHandle(job.id, runId).describe();
      return isRunOf(found, job) ? found.status.name : undefined;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  };
  const latest = await describe();
  if (latest !== undefined) return latest;
  const query = `WorkflowType = ${queryText(DOCUMENT_SET)} AND WorkflowId = ${queryText(job.id)}`;
  for await (const run of client.workflow.list({ query })) {
    if (!isRunOf(run, job)) continue;
    // The list may lag behind.
    const end = await describe(run.runId);
    if (end !== undefined) return end;
  }
  return undefined;
}

/** A schedule's firing is named by its first run, and has its memo from its first task on. */
function isRunOf(run: Pick<WorkflowExecutionInfo, 'memo' | 'runId'>, { instance }: JobRef): boolean {
  return (memoOf(run)?.instance ?? run.runId) === instance;
}
