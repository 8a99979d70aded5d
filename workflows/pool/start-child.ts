import { WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy } from '@temporalio/common';
import {
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
  startChild,
  type WithWorkflowArgs,
  type Workflow,
} from '@temporalio/workflow';

/**
 * Starts a child, and takes the place of one that still runs under its id. After a Reset to a point before a child was
 * started that child runs on, and nobody waits for it any more. What it bought is in the ledger, where the new one finds it.
 */
export async function startChildInPlace<T extends Workflow>(
  type: string,
  options: WithWorkflowArgs<T, ChildWorkflowOptions>,
): Promise<ChildWorkflowHandle<T>> {
  try {
    return await startChild<T>(type, options);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const workflowIdReusePolicy = WorkflowIdReusePolicy.TERMINATE_IF_RUNNING;
    return await startChild<T>(type, { ...options, workflowIdReusePolicy });
  }
}
