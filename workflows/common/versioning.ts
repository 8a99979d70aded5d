import type { WorkflowDefinitionOptions } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';
import { assertIntercepted } from './interceptors';

/**
 * Returns the workflow's options for Temporal's worker versioning. Recorded histories replay on new code, so
 * a job that lasts days moves to new workers. Pinned to its first version, it would need workers of that
 * version until its last batch ends.
 *
 * Sets a behavior only under versioning: the server rejects one from a worker without it, which has a build
 * id but no deployment.
 */
export function versioning(): WorkflowDefinitionOptions {
  assertIntercepted();
  return workflowInfo().currentDeploymentVersion?.deploymentName
    ? { versioningBehavior: 'AUTO_UPGRADE' }
    : {};
}
