import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineUpdate,
  isCancellation,
  setHandler,
  setWorkflowOptions,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { parseUsd } from '../src/cost/usd';
import { failureMessage, failureType } from '../src/job/failure';
import type { DocumentSetInput, RaiseBudget } from '../src/job/inputs';
import type { JobState, JobSummary } from '../src/job/job';
import {
  BUDGET_CHANGED,
  PAUSE,
  PAUSE_CHUNK,
  RAISE_BUDGET,
  RESUME,
  RESUME_CHUNK,
  SEARCH_ATTRIBUTES,
} from '../src/job/names';
import { endOfJob } from '../src/job/segments';
import type { Prepared } from '../src/job/steps';
import { carrierOf } from './carrier';
import type { Carrier } from './chunk-pool';
import { identify } from './identify';
import { inOrder } from './in-order';
import { present } from './present';
import { progressMemo } from './progress-memo';
import { refresh } from './refresh';
import { SetState } from './set-state';
import { firstStep, steps } from './steps';
import { versioning } from './versioning';
import { waitOut } from './wait-out';

setWorkflowOptions(versioning, anthropicDocumentSet);

const stateAttribute = defineSearchAttributeKey(SEARCH_ATTRIBUTES.state, SearchAttributeType.KEYWORD);
const modelAttribute = defineSearchAttributeKey(SEARCH_ATTRIBUTES.model, SearchAttributeType.KEYWORD);

/**
 * One job: plans the whole document set, then carries its chunks through child workflows of a bounded number at a time.
 * A chunk that fails does not take the others along.
 */
export async function anthropicDocumentSet(input: DocumentSetInput): Promise<JobSummary> {
  const { job, firing } = identify(input);
  const set = new SetState(job);
  let carrier: Carrier | undefined;
  let prepared: Prepared | undefined;

  const show = present(set, () => prepared?.settings, progressMemo());
  const publish = () => {
    if (input.searchAttributes) upsertSearchAttributes([{ key: stateAttribute, value: set.shownState }]);
    show();
  };
  const enter = (state: JobState) => {
    set.state = state;
    publish();
  };
  handleMessages(set, publish, async (signal) => carrier?.tellAll(signal));

  enter('planning');
  try {
    prepared = await waitOut(
      () =>
        firstStep.anthropicPrepare.executeWithOptions({ summary: 'check the spec, the store and the key' }, [
          { job, firing },
        ]),
      (reason) => {
        set.waiting = reason;
        show();
      },
    );
    set.maxUsd ??= prepared.settings.maxUsd;
    if (input.searchAttributes && prepared.model) {
      upsertSearchAttributes([{ key: modelAttribute, value: prepared.model }]);
    }
    await plan(set, show);
    if (prepared.settings.deduplicate || prepared.settings.reuse) await leaveOutEqual(set);
    if (prepared.budget) {
      await steps.anthropicQuote.executeWithOptions({ summary: 'compare the worst case with the budget' }, [
        { job, chunks: set.plans.length },
      ]);
    }
    enter('running');
    carrier = carrierOf(set, prepared, { searchAttributes: input.searchAttributes, show });
    const refreshing = refresh(prepared.settings, show);
    try {
      await carrier.carryAll();
    } finally {
      refreshing.cancel();
    }
    await condition(allHandlersFinished);
    const summary = await finish(set, 'completed', true);
    enter('completed');
    return summary;
  } catch (error) {
    const canceled = isCancellation(error);
    await CancellationScope.nonCancellable(async () => {
      if (canceled) enter('canceling');
      // Before the plan is whole nothing was sent, and no document has an outcome.
      await carrier?.settle(endOfJob(true));
      const finished = finish(set, canceled ? 'canceled' : 'failed', carrier !== undefined, error);
      // Where nothing was sent, a store that takes no summary (it is not the job's) must not keep the reason from being told.
      await (carrier ? finished : finished.catch(() => {}));
      enter(canceled ? 'canceled' : 'failed');
      await condition(allHandlersFinished);
    });
    throw error;
  }
}

async function plan(set: SetState, show: () => void): Promise<void> {
  const { job } = set;
  let page = await planPage(undefined);
  while (page.cursor !== undefined) page = await planPage(page.cursor);
  await steps.anthropicCheckIds.executeWithOptions({ summary: `compare ${set.documents} ids` }, [
    { job, chunks: set.plans.length },
  ]);

  async function planPage(cursor: typeof page.cursor) {
    const planned: Awaited<ReturnType<typeof steps.anthropicPlan>> =
      await steps.anthropicPlan.executeWithOptions({ summary: `plan from chunk ${set.plans.length}` }, [
        { job, cursor },
      ]);
    set.planned(planned.chunks);
    show();
    return planned;
  }
}

/** Of equal requests the first one is sent, and none that an earlier job has the answer of. */
async function leaveOutEqual(set: SetState): Promise<void> {
  const { job, documents } = set;
  const { chunks } = await steps.anthropicFindEqual.executeWithOptions(
    { summary: `look for equal requests among ${documents}` },
    [{ job, chunks: set.plans.length, documents }],
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

function handleMessages(
  set: SetState,
  publish: () => void,
  tellAll: (signal: string) => Promise<void>,
): void {
  const validator = () => {
    if (set.state !== 'planning' && set.state !== 'running') {
      throw new Error(
        `The job ${set.job.id} is ${set.state}: it can be paused, resumed and given a larger budget only while it runs.`,
      );
    }
  };
  const handle = (update: string, paused: boolean, signal: string) =>
    setHandler(
      defineUpdate<void>(update),
      async () => {
        set.paused = paused;
        publish();
        await tellAll(signal);
      },
      { validator },
    );
  handle(PAUSE, true, PAUSE_CHUNK);
  handle(RESUME, false, RESUME_CHUNK);
  const oneByOne = inOrder();
  setHandler(
    defineUpdate<void, [RaiseBudget]>(RAISE_BUDGET),
    ({ maxUsd }) => {
      set.maxUsd = maxUsd;
      publish();
      return oneByOne(async () => {
        await steps.anthropicRaiseBudget.executeWithOptions(
          { summary: `raise the budget to ${maxUsd} USD` },
          [{ job: set.job, maxUsd }],
        );
        await tellAll(BUDGET_CHANGED);
      });
    },
    {
      validator: ({ maxUsd }) => {
        validator();
        assertHigher(maxUsd, set.maxUsd);
      },
    },
  );
}

function assertHigher(maxUsd: unknown, present: string | undefined): void {
  if (present === undefined) throw new Error('The job has no budget of its own that could be raised.');
  const raised = typeof maxUsd === 'string' ? parseUsd(maxUsd) : undefined;
  if (raised !== undefined && raised > parseUsd(present)!) return;
  throw new Error(
    `The budget is ${present} USD, and ${JSON.stringify(maxUsd)} is no larger amount with at most 12 decimal places.`,
  );
}
