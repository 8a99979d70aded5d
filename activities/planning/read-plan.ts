import { activityInfo } from '@temporalio/activity';
import type { ChunkRef, ReadPlanInput, StoredPlan } from '../../src/job/activity-types';
import { fenceChunk } from '../../src/records/chunk-fence';
import { keys } from '../../src/records/keys';
import { RoundLedger } from '../../src/records/ledger';
import { storedChunks } from '../../src/records/stored-plan';
import { settleChunk } from '../budget/budget';
import { abortable, jobSpec, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { assertKey } from './prepare';

/** Chunks per page: a workflow's payload must stay small. */
const PAGE = 1_000;

/**
 * Returns a page of a job's plan in the store, to collect what its workflow left. Sending begins only once
 * the whole set is planned: if any chunk was begun, the stored chunks are all.
 */
export function createReadPlan(deps: ActivityDeps) {
  return async function anthropicReadPlan(input: ReadPlanInput): Promise<StoredPlan> {
    return onJob(deps, input, async (signal) => {
      const { job, from } = input;
      if (from === 0) await assertKey(deps);
      const { settings } = await jobSpec(deps.store, job);
      const plan: StoredPlan = { settings, times: deps.times, chunks: [], begun: false };
      for await (const { chunk, ...sizes } of abortable(storedChunks(deps.store, job, from), signal)) {
        if (plan.chunks.length === PAGE) return { ...plan, next: chunk };
        plan.chunks.push(sizes);
        plan.begun ||= await wasBegun(deps, { job, chunk });
      }
      return plan;
    });
  };
}

/**
 * Returns whether a chunk was begun: an attempt began, or the chunk has ended. A chunk whose requests are all
 * duplicates, or have answers of an earlier job, ends without an attempt. Fences a chunk that was not begun,
 * so that no activity of a workflow that is gone begins it.
 */
async function wasBegun(deps: ActivityDeps, ref: ChunkRef): Promise<boolean> {
  const { store, points } = deps;
  await fenceChunk(store, ref, activityInfo().scheduledTimestampMs);
  points?.reach('read-plan/closed');
  const ledger = new RoundLedger(store, { ...ref, round: 0 });
  const { value } = await ledger.decide(0, 'overtaken');
  const begun =
    value.decision === 'commit' ||
    (await store.head(keys.chunkSummary(ref.job, ref.chunk))) !== undefined ||
    (await ledger.read()).some(({ intent }) => intent !== undefined);
  // No later step closes a chunk that was not begun, so its reservations are released here.
  if (!begun) await settleChunk(deps, ref, { paid: '0.00' }, { asked: activityInfo().scheduledTimestampMs });
  return begun;
}
