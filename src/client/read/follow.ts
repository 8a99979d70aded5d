import { type Client, TerminatedFailure, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { JobRef, JobSummary } from '../../job/job';
import { memoOf } from '../../temporal/at-temporal';

/** A job's result. A Reset terminates one run and has another take its place, which is then waited for. */
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
      // A job of the same id that was started later is another one.
      if (memoOf(description)?.instance !== (await job()).instance) throw error;
    }
  }
}
