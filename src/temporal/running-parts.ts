import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { inOrder } from '../async/in-order';
import { DOCUMENT_SET, MESSAGE_BATCH, RECONCILE_JOB, SEGMENT } from '../job/names';

const AT_ONCE = 10;
const CALL_TIMEOUT = 5_000;

const CARRIERS: ReadonlySet<string> = new Set([DOCUMENT_SET, RECONCILE_JOB, SEGMENT, MESSAGE_BATCH]);

/**
 * Yields the server's descriptions of jobs' workflows and of their running segments and chunks: level by
 * level, and in order within a level. Uses only the server's descriptions and queries no workflow.
 *
 * @param tops the jobs' workflows, by id or already described. Workflows that the server does not have are
 *   left out
 * @param most the maximum number of described workflows
 */
export async function* runningParts(
  client: Client,
  tops: readonly (string | WorkflowExecutionDescription)[],
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<WorkflowExecutionDescription> {
  let left = most;
  for (let level = tops; level.length > 0 && left > 0; ) {
    const below: string[] = [];
    const described = inOrder(level.slice(0, left), { atOnce: AT_ONCE }, async (one) =>
      typeof one === 'string' ? describe(client, one) : one,
    );
    for await (const description of described) {
      if (!description) continue;
      left -= 1;
      yield description;
      below.push(...childrenOf(description));
    }
    level = below;
  }
}

/**
 * Describes the latest run of a workflow. Returns `undefined` if Temporal has no job or part of one with this
 * id.
 */
async function describe(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    const description = await client.connection.withDeadline(Date.now() + CALL_TIMEOUT, () =>
      client.workflow.getHandle(workflowId).describe(),
    );
    return CARRIERS.has(description.type) ? description : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/**
 * Returns the ids of the pending children. Without run ids, because a parent knows only the old run of a
 * reset child.
 */
const childrenOf = ({ raw }: WorkflowExecutionDescription): string[] =>
  (raw.pendingChildren ?? [])
    .filter(({ workflowTypeName }) => CARRIERS.has(workflowTypeName ?? ''))
    .map(({ workflowId }) => workflowId!);
