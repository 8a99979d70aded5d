import { eventually } from './eventually';
import type { JobWorld } from './job-world';

/**
 * Makes a version of the deployment named like the task queue current.
 * The server has the version a moment after its first worker polls.
 */
export async function makeCurrent(
  { client, taskQueue }: Pick<JobWorld, 'client' | 'taskQueue'>,
  buildId: string,
): Promise<void> {
  await eventually(
    async () =>
      await client.workflowService.setWorkerDeploymentCurrentVersion({
        namespace: client.options.namespace,
        deploymentName: taskQueue,
        buildId,
      }),
    { what: `version ${buildId} as the current one`, interval: 200 },
  );
}
