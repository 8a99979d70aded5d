import { getExternalWorkflowHandle } from '@temporalio/workflow';
import { failureType } from '../../src/job/failure';

/** The type of the SDK's failure if no workflow with the id runs: the name of the server's cause. */
const NOT_FOUND = 'ExternalWorkflowExecutionNotFound';

interface Addressed {
  workflowId: string;
}

/**
 * Signals another workflow, which may have closed meanwhile or accept no more signals. It then no longer
 * needs the signal.
 *
 * Uses only the id: after a Reset of its parent, a chunk that runs on is still the child of the old run, and
 * gets no signal that is meant for a child of the new one.
 *
 * @returns false if no workflow with this id runs any more
 */
export async function signalWorkflow(
  { workflowId }: Addressed,
  signal: string,
  ...args: unknown[]
): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(workflowId).signal(signal, ...args);
    return true;
  } catch (error) {
    // Other failures are ignored: what a signal changes is derived again from the workflows' own results.
    return failureType(error) !== NOT_FOUND;
  }
}
