import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { inOrder } from '../lines/in-order';

const AT_ONCE = 10;
const PATIENCE = 5_000;

/**
 * A job's workflow, and the segments and chunks of it that run, as the server describes them. Asks the server alone, and no
 * workflow.
 *
 * @param most workflows that are described in all
 */
export async function* runningParts(
  client: Client,
  top: WorkflowExecutionDescription,
  most: number,
): AsyncGenerator<WorkflowExecutionDescription> {
  let left = most;
  for (let level = [top]; level.length > 0; ) {
    yield* level;
    left -= level.length;
    const below = level.flatMap(({ raw }) => (raw.pendingChildren ?? []).map(({ workflowId }) => workflowId));
    const ids = below.filter((id) => typeof id === 'string').slice(0, Math.max(0, left));
    level = [];
    for await (const description of inOrder(ids, { atOnce: AT_ONCE }, (id) => describe(client, id))) {
      if (description) level.push(description);
    }
  }
}

/** @returns `undefined` for a workflow that has ended since. */
async function describe(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.connection.withDeadline(Date.now() + PATIENCE, () =>
      client.workflow.getHandle(workflowId).describe(),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
