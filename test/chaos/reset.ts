import type { Client } from '@temporalio/client';
import { reset, resetPoints } from '../support/resets';

/**
 * Resets a running workflow to one of its events, as a person does in the UI. `where` is a fraction of its
 * history.
 *
 * @returns whether it ran and had an event to return to
 */
export async function resetRunning(client: Client, workflowId: string, where: number): Promise<boolean> {
  const { status } = await client.workflow.getHandle(workflowId).describe();
  if (status.name !== 'RUNNING') return false;
  const run = await resetPoints({ client }, workflowId);
  const point = run.points[Math.floor(where * run.points.length)];
  if (!point) return false;
  await reset({ client }, run, point);
  return true;
}
