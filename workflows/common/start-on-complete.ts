import { WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy } from '@temporalio/common';
import {
  CancellationScope,
  type ChildWorkflowOptions,
  log,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow';
import type { CallWebhookInput } from '../../src/job/inputs';
import type { JobSummary } from '../../src/job/job';
import { CALL_WEBHOOK } from '../../src/job/names';
import { type OnComplete, onCompleteId, onCompleteName } from '../../src/job/on-complete';

/**
 * Starts what a job starts when it ends, and does not wait for it. Starts it once, also if the job ends again
 * after a Reset. A failure is only logged: it must not change how the job ended.
 */
export async function startOnComplete(
  onComplete: OnComplete | undefined,
  summary: JobSummary,
): Promise<void> {
  if (!onComplete) return;
  const { job } = summary;
  const options: ChildWorkflowOptions = {
    workflowId: onCompleteId(job),
    parentClosePolicy: ParentClosePolicy.ABANDON,
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    // The id of the job may be too long for a summary.
    staticSummary: `Message Batches job ended: ${onCompleteName(onComplete)}`,
  };
  try {
    await CancellationScope.nonCancellable(() => start(onComplete, summary, options));
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return;
    log.warn(`The job has ended, but ${onCompleteName(onComplete)} was not started.`, { error });
  }
}

function start(onComplete: OnComplete, summary: JobSummary, options: ChildWorkflowOptions) {
  if (onComplete.webhook !== undefined) {
    const input: CallWebhookInput = { job: summary.job, webhook: onComplete.webhook, summary };
    return startChild(CALL_WEBHOOK, { ...options, args: [input] });
  }
  const { workflow, taskQueue, args = [] } = onComplete;
  return startChild(workflow, { ...options, taskQueue, args: [summary, ...args] });
}
