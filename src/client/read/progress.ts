// read/: a job's progress and results, from the store and from its workflow's memo. It never queries a
// workflow. Start here.

import { CostSum } from '../../cost/cost';
import type { JobProgress, JobRef, JobState, JobSummary } from '../../job/job';
import { addLiveCounts } from '../../job/live';
import { failedCount } from '../../job/outcome';
import { findChunkSummary } from '../../records/chunk-results';
import { storedChunks } from '../../records/stored-plan';
import type { Store } from '../../store/store';

/** Returns the progress of a job that has ended. */
export function endedProgress(summary: JobSummary): JobProgress {
  const { job, state, documents, succeeded, failed, chunks, batches, rounds, cost } = summary;
  const { live, maybePaidTwice } = summary;
  return {
    job,
    state,
    documents,
    // A job that ended before its chunks began has documents without an outcome.
    done: succeeded + failed,
    succeeded,
    failed,
    chunks: { planned: chunks, running: 0, done: chunks },
    batches,
    rounds,
    live,
    maybePaidTwice,
    cost,
  };
}

/** Returns the progress of a job without a summary, from the store's data of its chunks. */
export async function storedProgress(store: Store, job: JobRef, state: JobState): Promise<JobProgress> {
  const progress: JobProgress = {
    job,
    state,
    documents: 0,
    done: 0,
    succeeded: 0,
    failed: 0,
    chunks: { planned: 0, running: 0, done: 0 },
    batches: 0,
    rounds: 0,
  };
  const cost = new CostSum();
  for await (const { chunk, documents } of storedChunks(store, job)) {
    progress.documents += documents;
    progress.chunks.planned += 1;
    const ended = await findChunkSummary(store, { job, chunk });
    if (!ended) continue;
    progress.done += documents;
    progress.succeeded += ended.counts.succeeded;
    progress.failed += failedCount(ended.counts);
    progress.chunks.done += 1;
    progress.batches += ended.batches.length;
    progress.rounds = Math.max(progress.rounds, ended.rounds);
    Object.assign(progress, addLiveCounts(progress, ended));
    cost.addCost(ended.cost);
  }
  return { ...progress, cost: cost.cost };
}
