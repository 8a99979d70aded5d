import { WorkflowNotFoundError } from '@temporalio/client';
import type { JobRef } from '../job/job';
import { DOCUMENT_SET } from '../job/names';
import type { Context } from './context';
import { memoOf } from './start';

/** Whether Temporal runs a job of this id, and what it says of the end of one that it knows and that does not run. */
export interface AtTemporal {
  /** The job that runs; `'unknown'` is a firing that has not told yet which it is. */
  running?: string;
  /** How the latest ended, in Temporal's words. */
  ended?: string;
}

export async function atTemporal({ client }: Context, jobId: string): Promise<AtTemporal> {
  try {
    const { type, status, ...description } = await client.workflow.getHandle(jobId).describe();
    if (type !== DOCUMENT_SET) return {};
    if (status.name !== 'RUNNING' && status.name !== 'PAUSED') return { ended: status.name };
    return { running: memoOf(description)?.instance ?? 'unknown' };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return {};
    throw error;
  }
}

/** Whether it is this job that runs, and not another one of its id. */
export const runs = ({ running }: AtTemporal, { instance }: JobRef): boolean =>
  running === instance || running === 'unknown';
