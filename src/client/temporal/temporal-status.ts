import {
  type WorkflowExecutionDescription,
  type WorkflowExecutionInfo,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { JobRef } from '../../job/job';
import { DOCUMENT_SET } from '../../job/names';
import { memoOf, undecodable } from '../../temporal/memos';
import { queryText } from '../../temporal/query-text';
import type { Context } from '../context';

/** The ends of a workflow that runs no more code: it writes no summary and starts no `onComplete`. */
export const CUT_SHORT: ReadonlySet<string> = new Set(['TERMINATED', 'TIMED_OUT']);

/** Returns whether a running workflow has a cancellation request, also before the workflow's next task. */
export const isCancelRequested = ({ raw }: Pick<WorkflowExecutionDescription, 'raw'>): boolean =>
  raw.workflowExtendedInfo?.cancelRequested === true;

/**
 * Returns the status of the latest run of a job's workflow, such as `TERMINATED`. Ignores later jobs with the
 * same id.
 *
 * @returns `undefined` if Temporal no longer has a run of this job.
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

/**
 * Returns whether a run belongs to a job. A schedule's firing has no memo before its first task: its run id
 * is compared. A run whose memo cannot be decoded may be the job's, so it is taken for it.
 */
function isRunOf(run: Pick<WorkflowExecutionInfo, 'memo' | 'runId'>, { instance }: JobRef): boolean {
  return undecodable(run) !== undefined || (memoOf(run)?.instance ?? run.runId) === instance;
}
