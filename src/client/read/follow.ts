import { type Client, TerminatedFailure, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { JobRef, JobSummary } from '../../job/job';
import { memoOf } from '../../temporal/memos';

/**
 * Waits for a job's result. After a Reset, which replaces the job's run by another, waits for the new run.
 */
export async function followResult(
  client: Client,
  workflow: WorkflowHandle,
  job: () => Promise<JobRef>,
): Promise<JobSummary> {
  const latest = client.workflow.getHandle(workflow.workflowId);
  for (let waited = workflow; ; waited = latest) {
    try {
      return await waited.result();
    } catch (error) {
      if (!(error instanceof WorkflowFailedError) || !(error.cause instanceof TerminatedFailure)) throw error;
      const description = await latest.describe();
      if (description.status.name === 'TERMINATED') throw error;
      // A job with the same id that was started later is a different job.
      if (memoOf(description)?.instance !== (await job()).instance) throw error;
    }
  }
}
