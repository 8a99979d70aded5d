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
import { failureMessage, failureType } from '../src/job/failure';
import type { DocumentSetInput } from '../src/job/inputs';
import type { JobProgress, JobState, JobSummary } from '../src/job/job';
import {
  CHUNK_STATE,
  PAUSE,
  PAUSE_CHUNK,
  PROGRESS,
  RESUME,
  RESUME_CHUNK,
  SEARCH_ATTRIBUTES,
} from '../src/job/names';
import type { Prepared } from '../src/job/steps';
import { carrierOf } from './carrier';
import type { Carrier } from './chunk-pool';
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
  let carrier: Carrier | undefined;
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
  handleMessages(set, {
    progress: () => set.progress(Date.now(), prepared?.settings),
    tellAll: async (signal) => carrier?.tellAll(signal),
    show,
    publish,
  });

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
      await carrier?.settle();
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

interface Messages {
  progress: () => JobProgress;
  tellAll: (signal: string) => Promise<void>;
  show: () => void;
  publish: () => void;
}

function handleMessages(set: SetState, { progress, tellAll, show, publish }: Messages): void {
  setHandler(defineQuery<JobProgress>(PROGRESS), progress);
  setHandler(defineSignal<[ChunkState]>(CHUNK_STATE), (news) => {
    set.took(news);
    show();
  });
  const validator = () => {
    if (set.state !== 'planning' && set.state !== 'running') {
      throw new Error(
        `The job ${set.job.id} is ${set.state}: it can be paused and resumed only while it runs.`,
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
}
