import { setWorkflowOptions } from '@temporalio/workflow';
import type { DeletedBatches } from '../../src/job/activity-types';
import type { JobRef } from '../../src/job/job';
import { steps } from '../common/activity-proxies';
import { checkInput } from '../common/check-input';
import { versioning } from '../common/versioning';

setWorkflowOptions(versioning, anthropicDeleteJob);

/** Deletes what a job has at the API, which only workers can reach. Its files in the store are whose who asked for it. */
export async function anthropicDeleteJob(job: JobRef): Promise<DeletedBatches> {
  checkInput('anthropicDeleteJob', job);
  return steps.anthropicDeleteBatches.executeWithOptions({ summary: 'delete its batches at the API' }, [job]);
}
