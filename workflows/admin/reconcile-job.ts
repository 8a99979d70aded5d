import { CancellationScope, isCancellation, setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import type { StoredPlan } from '../../src/job/activity-types';
import type { Rebuild, ReconcileJobInput } from '../../src/job/inputs';
import type { JobSettings, JobSummary } from '../../src/job/job';
import { endOfJob } from '../../src/job/segments';
import { firstStep, steps } from '../common/activity-proxies';
import { checkInput } from '../common/check-input';
import { startOnComplete } from '../common/start-on-complete';
import { versioning } from '../common/versioning';
import { createChunkRunner } from '../pool/create-chunk-runner';
import { handleProgress } from '../pool/progress-handlers';
import { SetState } from '../pool/set-state';

setWorkflowOptions(versioning, anthropicReconcileJob);

/**
 * Collects what a job had bought whose workflow is gone, according to the store and the API. Awaits or
 * cancels its batches, gives every document an outcome, and writes the summary. Sends nothing. For a job that
 * has ended, it checks again what was left open. If this workflow is canceled, it cancels the batches that it
 * waits for.
 */
export async function anthropicReconcileJob(input: ReconcileJobInput): Promise<JobSummary> {
  checkInput('anthropicReconcileJob', input);
  const { job, cancel, ended } = input;
  const set = new SetState(job);
  const rebuild: Rebuild = { under: workflowInfo().workflowId, cancel };
  const end = (canceled: boolean) => endOfJob(canceled || ended === 'canceled');
  let settings: JobSettings | undefined;
  const show = handleProgress(set, () => settings);

  show();
  const plan = await readPlan(set);
  if (!plan.begun && ended === undefined) return finish(set, input, 'failed', 0);
  settings = plan.settings;
  set.state = cancel ? 'canceling' : 'running';
  show();
  const carrier = createChunkRunner(set, plan, { searchAttributes: false, show, rebuild });
  try {
    await carrier.salvage(end(cancel));
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
  const canceled = cancel || CancellationScope.current().consideredCancelled;
  return CancellationScope.nonCancellable(async () => {
    await carrier.settle(end(canceled));
    const summary = await finish(set, input, canceled ? 'canceled' : 'failed', set.plans.length);
    set.state = summary.state;
    show();
    return summary;
  });
}

async function readPlan(set: SetState): Promise<StoredPlan> {
  let begun = false;
  for (let from = 0; ; ) {
    const page = await firstStep.anthropicReadPlan.executeWithOptions(
      { summary: `read the plan from chunk ${from}` },
      [{ job: set.job, from }],
    );
    set.planned(page.chunks);
    begun ||= page.begun;
    if (page.next === undefined) return { ...page, begun };
    from = page.next;
  }
}

/**
 * Writes the summary. Nothing is sent before the plan is complete, so then no document has an outcome and the
 * job ends without chunks. Starts what the terminated job could not start.
 */
async function finish(
  { job, documents }: SetState,
  { ended, gone, onComplete }: ReconcileJobInput,
  state: JobSummary['state'],
  chunks: number,
): Promise<JobSummary> {
  const next = chunks === 0 ? 'Nothing was sent. Start the job again.' : 'What it had bought was collected.';
  const why = ended === undefined ? { failure: `${gone} ${next}` } : { again: true };
  const summary = await steps.anthropicFinishJob.executeWithOptions({ summary: 'write the summary' }, [
    { job, state: ended ?? state, chunks, documents, ...why },
  ]);
  await startOnComplete(onComplete, summary);
  return summary;
}
