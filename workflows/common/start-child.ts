import { WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy } from '@temporalio/common';
import {
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
  startChild,
  type WithWorkflowArgs,
  type Workflow,
} from '@temporalio/workflow';

/**
 * Starts a child and replaces one that still runs under its id. After a Reset to a point before a child's
 * start, that child runs on, and no workflow waits for it. The ledger shows the new child what it bought.
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
