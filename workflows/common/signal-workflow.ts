import { getExternalWorkflowHandle } from '@temporalio/workflow';
import { failureMessage } from '../../src/job/failure';

interface Addressed {
  workflowId: string;
}

/**
 * Signals another workflow, which may have closed in the meantime or take no more signals: it is then beyond the news.
 *
 * By its id alone: after a Reset of its parent a chunk that runs on is still the child of the run that was, and takes no signal
 * that is meant for a child of the new one.
 *
 * @returns false where no workflow of this id runs any more.
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
    // No more depends on it: what a signal changes is derived again from the workflows' own results.
    return !failureMessage(error).includes('it was not found');
  }
}
