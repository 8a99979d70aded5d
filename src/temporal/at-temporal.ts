// temporal/: calls to a Temporal server that activities and the client share: is a job running, which parts
// does it have, wake it. Start here.

import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { JobRef } from '../job/job';
import { DOCUMENT_SET } from '../job/names';
import { memoOf } from './memos';

/** The state of a job id at the Temporal server. */
export interface AtTemporal {
  /**
   * The instance of the running job, or `'unknown'` for a schedule's firing before its first workflow task.
   */
  running?: string;
}

/**
 * Returns whether a job with an id is running. Uses only the server's description and queries no workflow.
 */
export async function atTemporal(client: Client, jobId: string): Promise<AtTemporal> {
  try {
    const { type, status, ...description } = await client.workflow.getHandle(jobId).describe();
    if (type !== DOCUMENT_SET) return {};
    if (status.name !== 'RUNNING' && status.name !== 'PAUSED') return {};
    return { running: memoOf(description)?.instance ?? 'unknown' };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return {};
    throw error;
  }
}

/** Returns whether this job is running, rather than another job with the same id. */
export const runs = ({ running }: AtTemporal, { instance }: Pick<JobRef, 'instance'>): boolean =>
  running === instance || running === 'unknown';

const CALL_TIMEOUT = 5_000;

/**
 * Returns whether Temporal says that a job runs, also after a Reset. Returns `undefined` if Temporal cannot
 * be asked within 5 seconds.
 */
export async function isRunning(client: Client, job: JobRef): Promise<boolean | undefined> {
  try {
    const found = await client.connection.withDeadline(Date.now() + CALL_TIMEOUT, () =>
      atTemporal(client, job.id),
    );
    return runs(found, job);
  } catch {
    return undefined;
  }
}
