import { type Client, TerminatedFailure, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { JobRef, JobSummary } from '../../job/job';
import { Undecodable } from '../../temporal/lenient-client';
import { memoOf, undecodable } from '../../temporal/memos';
import { JobStateError, quoted } from '../errors';

/**
 * Waits for a job's result. After a Reset, which replaces the job's run by another, waits for the new run.
 */
export async function followResult(
  client: Client,
  workflow: WorkflowHandle,
  job: () => Promise<JobRef>,
): Promise<JobSummary | Undecodable> {
  const latest = client.workflow.getHandle(workflow.workflowId);
  for (let waited = workflow; ; waited = latest) {
    try {
      return await waited.result();
    } catch (error) {
      if (!(error instanceof WorkflowFailedError) || !(error.cause instanceof TerminatedFailure)) throw error;
      const description = await latest.describe();
      if (description.status.name === 'TERMINATED') throw error;
      // A job with the same id that was started later is a different job.
      if (undecodable(description) === undefined && memoOf(description)?.instance !== (await job()).instance)
        throw error;
    }
  }
}

/**
 * Returns the summary of a job from what its workflow returned and from the store. Prefers the store's, which
 * has the full failure messages: Temporal has only the public ones.
 *
 * @throws {JobStateError} if neither can be read.
 */
export function eitherSummary(
  id: string,
  reported: JobSummary | Undecodable,
  stored: JobSummary | undefined,
): JobSummary {
  if (stored) return stored;
  if (!(reported instanceof Undecodable)) return reported;
  throw new JobStateError(
    id,
    `The job ${quoted(id)} has ended, but its summary can neither be decoded (${reported.reason}) nor read ` +
      "from the store. Give the data converter of the job's worker, or the store that it was started with.",
  );
}
