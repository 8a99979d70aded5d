import type { ChunkSummary, JobSummary } from '../src/job/job';
import { addCounts, failedCount, noCounts } from '../src/job/outcome';
import type { FinishJobInput } from '../src/job/steps';
import { findJson, putJson } from '../src/store/json';
import { keys } from '../src/store/keys';
import { assertStore, heartbeating } from './context';
import type { ActivityDeps } from './deps';

/** Adds up the chunks' summaries in the store and writes the job's. */
export function createFinishJob(deps: ActivityDeps) {
  return async function anthropicFinishJob(input: FinishJobInput): Promise<JobSummary> {
    await assertStore(deps, input.job);
    return heartbeating(() => finishJob(deps, input));
  };
}

async function finishJob(
  deps: ActivityDeps,
  { job, state, chunks, documents, failure }: FinishJobInput,
): Promise<JobSummary> {
  deps.points?.reach('finish-job/adding');
  let counts = noCounts();
  let batches = 0;
  let rounds = 0;
  const failures: JobSummary['failures'] = [];
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const part = await findJson<ChunkSummary>(deps.store, keys.chunkSummary(job, chunk));
    // Only a chunk whose results could not be closed has none, and the job says so rather than inventing counts.
    if (!part) {
      failures.push({ chunk, message: 'The chunk has no summary in the store.' });
      continue;
    }
    counts = addCounts(counts, part.counts);
    batches += part.batches.length;
    rounds = Math.max(rounds, part.rounds);
    if (part.failure !== undefined) failures.push({ chunk, message: part.failure });
  }
  const summary: JobSummary = {
    job,
    state,
    documents,
    succeeded: counts.succeeded,
    failed: failedCount(counts),
    counts,
    chunks,
    batches,
    rounds,
    results: keys.allResults(job),
    failures: failures.slice(0, MOST_FAILURES),
    failure,
  };
  await putJson(deps.store, keys.summary(job), summary);
  deps.points?.reach('finish-job/summary-written');
  return summary;
}

/** The summary is a workflow's result, and must stay small; each chunk's own summary has its failure. */
const MOST_FAILURES = 100;
