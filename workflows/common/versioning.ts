import type { WorkflowDefinitionOptions } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';
import { assertIntercepted } from './interceptors';

/**
 * What Temporal's worker versioning asks of a workflow. Recorded histories replay on new code, so a job that lasts days moves
 * on with its workers; pinned to the version that it began on it would need workers of that version until its last batch ends.
 *
 * Only under versioning: the server refuses a behavior from a worker without it, which has a build id but no deployment.
 */
export function versioning(): WorkflowDefinitionOptions {
  assertIntercepted();
  return workflowInfo().currentDeploymentVersion?.deploymentName
    ? { versioningBehavior: 'AUTO_UPGRADE' }
    : {};
}
