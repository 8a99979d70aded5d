import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineSignal,
  isCancellation,
  setHandler,
  setWorkflowOptions,
  workflowInfo,
} from '@temporalio/workflow';
import {
  BUDGET_CHANGED,
  GRANT_SLOTS,
  PAUSE_CHUNK,
  RELEASE_SLOTS,
  RESUME_CHUNK,
  SEGMENT_NEWS,
} from '../src/job/names';
import { endOfJob, type SegmentInput, type SegmentNews, type Slots, type Totals } from '../src/job/segments';
import { ChunkPool } from './chunk-pool';
import { present } from './present';
import { refresh } from './refresh';
import { SetState } from './set-state';
import { tell } from './tell';
import { versioning } from './versioning';

setWorkflowOptions(versioning, anthropicSegment);

/** News cost the document set four events each, and it may have very many segments. */
const NEWS_PACE = 4;

/** Carries one segment of a set that has more chunks than one workflow's history can hold. */
export async function anthropicSegment(input: SegmentInput): Promise<Totals> {
  const { job, segment, settings, times, searchAttributes, first, slots, sync, rebuild } = input;
  const set = new SetState(job);
  set.planned(input.plans);
  set.paused = input.paused;
  set.state = 'running';
  const parent = documentSet();
  const show = present(set, () => settings);
  const pool = new ChunkPool(set, {
    settings,
    times,
    searchAttributes,
    first,
    slots,
    show,
    sync,
    rebuild,
    release: (spare) => tell(parent, RELEASE_SLOTS, { segment, slots: spare }),
  });
  handleMessages(set, pool);
  if (input.closing) {
    if (input.salvage) await pool.salvage();
    await pool.closeAll(input.closing);
    return set.totals;
  }

  const news = (): SegmentNews => ({ segment, totals: set.totals });
  const pace = { pollFloor: settings.pollFloor * NEWS_PACE, pollCeiling: settings.pollCeiling * NEWS_PACE };
  const refreshing = [refresh(settings, show), refresh(pace, () => void tell(parent, SEGMENT_NEWS, news()))];
  try {
    show();
    await pool.carryAll();
    await condition(allHandlersFinished);
    return set.totals;
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => pool.settle(endOfJob(true)));
    throw error;
  } finally {
    for (const timer of refreshing) timer.cancel();
  }
}

/** The workflow that this one is a segment of. */
function documentSet() {
  const { parent } = workflowInfo();
  if (!parent) throw new Error('A segment is started by its document set only.');
  return parent;
}

function handleMessages(set: SetState, pool: ChunkPool): void {
  setHandler(defineSignal<[Slots]>(GRANT_SLOTS), (slots) => pool.grant(slots));
  setHandler(defineSignal(BUDGET_CHANGED), () => pool.tellAll(BUDGET_CHANGED));
  setHandler(defineSignal(PAUSE_CHUNK), () => {
    set.paused = true;
    return pool.tellAll(PAUSE_CHUNK);
  });
  setHandler(defineSignal(RESUME_CHUNK), () => {
    set.paused = false;
    return pool.tellAll(RESUME_CHUNK);
  });
}
