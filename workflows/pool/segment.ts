import { CancellationScope, isCancellation, setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import type { ChunkEnd } from '../../src/job/activity-types';
import { SEGMENT_NEWS } from '../../src/job/names';
import { endOfJob, type SegmentInput, type Totals } from '../../src/job/segments';
import { checkInput } from '../common/check-input';
import { signalWorkflow } from '../common/signal-workflow';
import { versioning } from '../common/versioning';
import { ChunkPool } from './chunk-pool';
import { handleProgress } from './progress-handlers';
import { SetState } from './set-state';

setWorkflowOptions(versioning, anthropicSegment);

/** Chunks that end between two reports to the document set. A report costs the set up to four events. */
const CHUNKS_A_REPORT = 10;

/** Carries one segment of a set that has more chunks than one workflow's history can hold. */
export async function anthropicSegment(input: SegmentInput): Promise<Totals> {
  checkInput('anthropicSegment', input);
  const { job, segment, settings, first } = input;
  const set = new SetState(job);
  set.planned(input.plans);
  set.state = 'running';
  const showHere = handleProgress(set, () => settings);
  let reported = 0;
  const show = () => {
    showHere();
    const { parent } = workflowInfo();
    const { chunksDone } = set.totals;
    if (!parent || chunksDone < reported + CHUNKS_A_REPORT) return;
    reported = chunksDone;
    void signalWorkflow(parent, SEGMENT_NEWS, { segment, totals: set.totals });
  };
  const pool = new ChunkPool(set, { ...input, first, show });
  show();
  if (input.closing) {
    await close(pool, input.closing, input.salvage);
    return set.totals;
  }
  try {
    await pool.carryAll();
    return set.totals;
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => pool.settle(endOfJob(true)));
    throw error;
  }
}

/** Closes a segment. A cancellation ends the wait for batches, but not the closing. */
async function close(pool: ChunkPool, end: ChunkEnd, salvage?: boolean): Promise<void> {
  try {
    if (salvage) await pool.salvage();
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
  await CancellationScope.nonCancellable(() => pool.settle(end));
}
