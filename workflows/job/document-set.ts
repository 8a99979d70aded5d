// job/: a job from its plan to its summary. Start here.

import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  CancellationScope,
  isCancellation,
  log,
  setWorkflowOptions,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Prepared } from '../../src/job/activity-types';
import { failureMessage, failureType } from '../../src/job/failure';
import type { DocumentSetInput } from '../../src/job/inputs';
import type { JobState, JobSummary } from '../../src/job/job';
import { SEARCH_ATTRIBUTES } from '../../src/job/names';
import { endOfJob } from '../../src/job/segments';
import { earlySteps, firstStep, steps } from '../common/activity-proxies';
import { checkInput } from '../common/check-input';
import { startOnComplete } from '../common/start-on-complete';
import { versioning } from '../common/versioning';
import type { ChunkRunner } from '../pool/chunk-pool';
import { createChunkRunner } from '../pool/create-chunk-runner';
import { handleProgress } from '../pool/progress-handlers';
import { SetState } from '../pool/set-state';
import { identify } from './identify';
import { retryFirstSteps, type UntilTaken } from './retry-first-step';

setWorkflowOptions(versioning, anthropicDocumentSet);

const stateAttribute = defineSearchAttributeKey(SEARCH_ATTRIBUTES.state, SearchAttributeType.KEYWORD);
const modelAttribute = defineSearchAttributeKey(SEARCH_ATTRIBUTES.model, SearchAttributeType.KEYWORD);

/**
 * Runs one job: plans the whole document set, then carries its chunks through a bounded number of concurrent
 * child workflows. A failed chunk does not fail the others.
 */
export async function anthropicDocumentSet(input: DocumentSetInput): Promise<JobSummary> {
  checkInput('anthropicDocumentSet', input);
  const preparing = identify(input);
  const { job } = preparing;
  const set = new SetState(job);
  let carrier: ChunkRunner | undefined;
  let prepared: Prepared | undefined;

  const onComplete = () => input.onComplete ?? prepared?.onComplete;
  const show = handleProgress(set, () => prepared?.settings);
  const publish = () => {
    const { state } = set.progress();
    if (input.searchAttributes) upsertSearchAttributes([{ key: stateAttribute, value: state }]);
    show();
  };
  const enter = (state: JobState) => {
    set.state = state;
    log.info(`job: ${state}`, { job: job.id, documents: set.documents, chunks: set.plans.length });
    publish();
  };
  const untilTaken = retryFirstSteps(input.waitForWorker, (reason) => {
    set.reason = reason;
    show();
  });

  enter('planning');
  CancellationScope.current().cancelRequested.catch(() => enter('canceling'));
  try {
    prepared = await untilTaken(() =>
      earlySteps.anthropicPrepare.executeWithOptions({ summary: 'check the spec, the store and the key' }, [
        preparing,
      ]),
    );
    set.maxUsd = prepared.settings.maxUsd;
    if (input.searchAttributes && prepared.model) {
      upsertSearchAttributes([{ key: modelAttribute, value: prepared.model }]);
    }
    if (prepared.retry) {
      await untilTaken(() =>
        earlySteps.anthropicRecoverLost.executeWithOptions(
          { summary: 'collect what the job that this one retries had lost' },
          [{ job }],
        ),
      );
    }
    await plan(set, show, untilTaken);
    if (prepared.settings.deduplicate || prepared.settings.reuse) await leaveOutEqual(set, untilTaken);
    if (prepared.budget) {
      await untilTaken(() =>
        earlySteps.anthropicWorstCase.executeWithOptions(
          { summary: 'compare the worst case with the budget' },
          [{ job, chunks: set.plans.length }],
        ),
      );
    }
    enter('running');
    carrier = createChunkRunner(set, prepared, { searchAttributes: input.searchAttributes, show });
    await carrier.carryAll();
    const summary = await finish(set, 'completed', true);
    await startOnComplete(onComplete(), summary);
    enter('completed');
    return summary;
  } catch (error) {
    const canceled = isCancellation(error);
    await CancellationScope.nonCancellable(async () => {
      // Before the plan is complete, nothing is sent and no document has an outcome.
      await carrier?.settle(endOfJob(true));
      const finished = finish(set, canceled ? 'canceled' : 'failed', carrier !== undefined, error);
      // If nothing was sent, a store that rejects the summary (because it is not the job's) must not hide the
      // reason.
      const summary = await (carrier ? finished : finished.catch(() => undefined));
      if (summary) await startOnComplete(onComplete(), summary);
      enter(canceled ? 'canceled' : 'failed');
    });
    throw error;
  }
}

async function plan(set: SetState, show: () => void, untilTaken: UntilTaken): Promise<void> {
  const { job } = set;
  let page = await planPage(undefined);
  while (page.cursor !== undefined) page = await planPage(page.cursor);
  await untilTaken(() =>
    earlySteps.anthropicCheckIds.executeWithOptions({ summary: `compare ${set.documents} ids` }, [
      { job, chunks: set.plans.length },
    ]),
  );

  async function planPage(cursor: typeof page.cursor) {
    const planned: Awaited<ReturnType<typeof steps.anthropicPlan>> = await untilTaken(() =>
      earlySteps.anthropicPlan.executeWithOptions({ summary: `plan from chunk ${set.plans.length}` }, [
        { job, cursor },
      ]),
    );
    set.planned(planned.chunks);
    show();
    return planned;
  }
}

/** Leaves out all but the first of equal requests, and those that an earlier job answered. */
async function leaveOutEqual(set: SetState, untilTaken: UntilTaken): Promise<void> {
  const { job, documents } = set;
  const { chunks } = await untilTaken(() =>
    earlySteps.anthropicFindEqual.executeWithOptions({ summary: `find equal requests among ${documents}` }, [
      { job, chunks: set.plans.length, documents },
    ]),
  );
  for (const [chunk, equal] of chunks) set.leaveOut(chunk, equal);
}

function finish(
  set: SetState,
  state: JobSummary['state'],
  sent: boolean,
  error?: unknown,
): Promise<JobSummary> {
  const { anthropicFinishJob } = sent ? steps : firstStep;
  const why = error === undefined ? {} : { failure: failureMessage(error), failureType: failureType(error) };
  return anthropicFinishJob.executeWithOptions({ summary: 'write the summary' }, [
    { job: set.job, state, chunks: sent ? set.plans.length : 0, documents: set.documents, ...why },
  ]);
}
