import { CancellationScope, getExternalWorkflowHandle, patched } from '@temporalio/workflow';

interface Addressed {
  workflowId: string;
}

/**
 * Signals another workflow, which may have closed in the meantime or take no more signals: it is then beyond the news.
 *
 * By its id alone: after a Reset of its parent a chunk that runs on is still the child of the run that was, and takes no signal
 * that is meant for a child of the new one.
 */
export async function tell({ workflowId }: Addressed, signal: string, ...args: unknown[]): Promise<void> {
  try {
    await getExternalWorkflowHandle(workflowId).signal(signal, ...args);
  } catch {
    // Nothing depends on it: what a signal changes is derived again from the workflows' own results.
  }
}

/**
 * When this workflow is canceled, asks its children to end by their ids too. For the same reason: the cancellation itself does not
 * reach those that ran on over a Reset, and whoever waits for them would wait until their batches end by themselves.
 */
export function cancelAlong(children: ReadonlyMap<number, Addressed>): void {
  const cancel = async ({ workflowId }: Addressed) => {
    // One that has ended cannot be canceled, and need not be.
    await getExternalWorkflowHandle(workflowId)
      .cancel()
      .catch(() => {});
  };
  CancellationScope.current().cancelRequested.catch(async () => {
    if (!patched('cancel-children-by-id')) return;
    await CancellationScope.nonCancellable(() => Promise.all([...children.values()].map(cancel)));
  });
}
