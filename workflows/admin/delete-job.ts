import { setWorkflowOptions } from '@temporalio/workflow';
import type { DeletedBatches } from '../../src/job/activity-types';
import type { JobRef } from '../../src/job/job';
import { steps } from '../common/activity-proxies';
import { checkInput } from '../common/check-input';
import { versioning } from '../common/versioning';

setWorkflowOptions(versioning, anthropicDeleteJob);

/**
 * Deletes a job's batches at the API, which only workers can reach. The caller deletes the files in the
 * store.
 */
export async function anthropicDeleteJob(job: JobRef): Promise<DeletedBatches> {
  checkInput('anthropicDeleteJob', job);
  return steps.anthropicDeleteBatches.executeWithOptions({ summary: 'delete batches of the job' }, [job]);
}
