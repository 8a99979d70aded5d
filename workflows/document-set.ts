import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { ChunkState } from '../src/job/chunk-state';
import { jobDetails } from '../src/job/details';
import { failureMessage } from '../src/job/failure';
import type { DocumentSetInput } from '../src/job/inputs';
import type { JobProgress, JobState, JobSummary } from '../src/job/job';
import { CHUNK_STATE, PAUSE, PROGRESS, RESUME, SEARCH_ATTRIBUTES } from '../src/job/names';
import type { Prepared } from '../src/job/steps';
import { ChunkPool } from './chunk-pool';
import { identify } from './identify';
import { refresh } from './refresh';
import { SetState } from './set-state';
import { firstStep, steps } from './steps';
import { versioning } from './versioning';

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
  const pool = new ChunkPool(set, input.searchAttributes);
  let prepared: Prepared | undefined;

  const show = () => {
    const now = Date.now();
    const progress = set.progress(now, prepared?.settings);
    const times = prepared?.settings ?? { pollFloor: 0, pollCeiling: 0 };
    setCurrentDetails(jobDetails(progress, [...set.running.values()], now, times));
  };
  const publish = () => {
    if (input.searchAttributes) upsertSearchAttributes([{ key: stateAttribute, value: set.shownState }]);
    show();
  };
  const enter = (state: JobState) => {
    set.state = state;
    publish();
  };
  handleMessages(set, pool, { prepared: () => prepared, show, publish });

  enter('planning');
  try {
    prepared = await firstStep.anthropicPrepare.executeWithOptions(
      { summary: 'check the spec, the store and the key' },
      [{ job, firing }],
    );
    if (input.searchAttributes && prepared.model) {
      upsertSearchAttributes([{ key: modelAttribute, value: prepared.model }]);
    }
    await plan(set, show);
    enter('running');
    const { settings } = prepared;
    const refreshing = refresh(settings, show);
    try {
      await pool.run(prepared, show);
    } finally {
      refreshing.cancel();
    }
    await condition(allHandlersFinished);
    const summary = await finish(set, 'completed', true);
    enter('completed');
    return summary;
  } catch (error) {
    const canceled = isCancellation(error);
    const sending = set.state === 'running';
    await CancellationScope.nonCancellable(async () => {
      if (canceled) enter('canceling');
      // Before the plan is whole nothing was sent, and no document has an outcome.
      if (sending) await pool.settle(show);
      await finish(set, canceled ? 'canceled' : 'failed', sending, failureMessage(error));
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

function finish(
  set: SetState,
  state: JobSummary['state'],
  sent: boolean,
  failure?: string,
): Promise<JobSummary> {
  return steps.anthropicFinishJob.executeWithOptions({ summary: 'write the summary' }, [
    { job: set.job, state, chunks: sent ? set.plans.length : 0, documents: set.documents, failure },
  ]);
}

function handleMessages(
  set: SetState,
  pool: ChunkPool,
  {
    prepared,
    show,
    publish,
  }: { prepared: () => Prepared | undefined; show: () => void; publish: () => void },
): void {
  setHandler(defineQuery<JobProgress>(PROGRESS), () => set.progress(Date.now(), prepared()?.settings));
  setHandler(defineSignal<[ChunkState]>(CHUNK_STATE), (news) => {
    set.took(news);
    show();
  });
  const mustRun = () => {
    if (set.state !== 'planning' && set.state !== 'running') {
      throw new Error(
        `The job ${set.job.id} is ${set.state}: it can be paused and resumed only while it runs.`,
      );
    }
  };
  setHandler(
    defineUpdate<void>(PAUSE),
    async () => {
      set.paused = true;
      publish();
      await pool.tellAll('pause');
    },
    { validator: mustRun },
  );
  setHandler(
    defineUpdate<void>(RESUME),
    async () => {
      set.paused = false;
      publish();
      await pool.tellAll('resume');
    },
    { validator: mustRun },
  );
}
