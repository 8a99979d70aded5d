import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { DOCUMENT_SET, MESSAGE_BATCH, RECONCILE_JOB, SEGMENT } from '../job/names';
import { inOrder } from '../lines/in-order';

const AT_ONCE = 10;
const PATIENCE = 5_000;

const CARRIERS: ReadonlySet<string> = new Set([DOCUMENT_SET, RECONCILE_JOB, SEGMENT, MESSAGE_BATCH]);

/**
 * The workflows of jobs, and the segments and chunks of them that run, as the server describes them: level by level, those of
 * one level in order. Asks the server alone, and no workflow.
 *
 * @param tops the jobs' workflows, by their ids or as described; one that the server does not know is left out
 * @param most workflows that are described in all
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

/** Describes the latest run of a workflow; `undefined` where Temporal knows none of this id that carries a job. */
async function describe(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    const description = await client.connection.withDeadline(Date.now() + PATIENCE, () =>
      client.workflow.getHandle(workflowId).describe(),
    );
    return CARRIERS.has(description.type) ? description : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** By their ids alone: of a child that was reset its parent knows only the run before. */
const childrenOf = ({ raw }: WorkflowExecutionDescription): string[] =>
  (raw.pendingChildren ?? [])
    .filter(({ workflowTypeName }) => CARRIERS.has(workflowTypeName ?? ''))
    .map(({ workflowId }) => workflowId!);
